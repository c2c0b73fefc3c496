"""Runs in an object store: what a working copy on this machine sends there and brings back."""
