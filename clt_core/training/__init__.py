"""Training of dictionaries.  The modules `config`, `plan`, `runs` and `schedules` load no torch."""
