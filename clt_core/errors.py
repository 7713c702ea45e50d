"""The one kind of error that a person can mend, and how to know a full disk."""

import errno

from safetensors import SafetensorError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class InputError(ValueError):
    """Input that a person can mend: the message says in one sentence what is wrong and what would be right.

    The command line prints it and exits with 2, a job ends as failed with it, a page shows it as a notice.
    Any other exception is a defect of ours.
    """


def is_disk_full(error: BaseException) -> bool:
    """Whether `error` says that there is no space left for a file."""
    if isinstance(error, SafetensorError):  # no OSError: it tells the code in its text alone
        return any(f"(os error {code})" in str(error) for code in NO_SPACE)
    return isinstance(error, OSError) and error.errno in NO_SPACE
