"""The context, where the user's description puts it; defined on the ground floor so that hooks and ml can name it."""

from shared.models.context import SniperContext

__all__ = ["SniperContext"]
