"""The two kinds of failure: what the user can act on, and everything else."""


class UserError(Exception):
    """Something the user can understand and act on; its text is shown as it is, without a traceback."""


class PhotoError(UserError):
    """One photograph cannot be used; the text says why, in the user's language."""


class BundleError(UserError):
    """A model is refused; the text says why."""


class LibraryError(UserError):
    """The library cannot be read or written; the text says why."""


class UsageError(UserError):
    """A command was typed in a way that it does not know."""


class Cancelled(Exception):
    """The user stopped a job."""
