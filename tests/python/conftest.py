"""What every Python test may use."""

from __future__ import annotations

import os
from pathlib import Path

import guanxi as gx
import pytest
from review_book import book

ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path | None:
    """The folder of real data: the environment variable GUANXI_DATA, else ../shared/data beside the project."""
    named = os.environ.get("GUANXI_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; the test is skipped where there is none."""
    folder = data_folder()
    if folder is None:
        pytest.skip("no real data: set GUANXI_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def found() -> gx.Review:
    """The review of the small exporter of review_book, every supplier known."""
    orders, seen = book()
    return gx.review(gx.Ledger(orders), deliveries=seen, hours=150, money=9_000)


@pytest.fixture(scope="session")
def alone() -> gx.Review:
    """The same without deliveries."""
    return gx.review(gx.Ledger(book()[0]))
