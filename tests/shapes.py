"""The type checker that the tests run the core under: shapes and types of every call, whole numbers passing as floats."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
