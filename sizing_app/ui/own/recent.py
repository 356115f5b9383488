"""The last things of a kind, each under a key that a browser holds in place of it."""

import secrets
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Recent(Generic[Thing]):
    """Thread-safe. ``most``: how many are kept; the oldest goes."""

    def __init__(self, most: int):
        self._most = most
        self._things: OrderedDict[str, Thing] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, thing: Thing) -> str:
        """Its key, which nobody can guess."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self._most:
                self._things.popitem(last=False)
        return key

    def get(self, key: str) -> Thing | None:
        with self._lock:
            return self._things.get(key)
