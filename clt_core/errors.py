"""The one kind of error that a person can mend."""


class InputError(ValueError):
    """Input that a person can mend: the message says in one sentence what is wrong and what would be right.

    The command line prints it and exits with 2, a job ends as failed with it, a page shows it as a notice.
    Any other exception is a defect of ours.
    """
