"""Bars of the graph room without a rival."""

from __future__ import annotations




