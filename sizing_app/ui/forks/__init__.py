"""A turn forked: a group of next turns from one history, and the sessions before and after."""
