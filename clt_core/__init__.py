"""The core of CLT Lab: models, transcoders, training, attribution.  A library that stands alone."""
