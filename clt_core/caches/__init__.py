"""Caches of activations: made once, read by many trainings.  The modules `config` and `manifest` load no torch."""
