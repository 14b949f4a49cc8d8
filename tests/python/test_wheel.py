"""Guests in C++: from an install, from the project's folder, and from the files of the installed wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import guanxi as gx
import pytest

CONSUMERS = Path(__file__).resolve().parents[1] / "consumers"

pytestmark = pytest.mark.skipif("GUANXI_SANITIZED" in os.environ, reason="guests are built without sanitizers")


def run(*command: str | Path, cwd: Path | None = None, **env: str) -> str:
    """Runs a tool of this Python's environment; what it printed is in the message when it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    got = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, env={**os.environ, "PATH": path, **env})
    assert got.returncode == 0, f"{' '.join(map(str, command))}\n{got.stdout}{got.stderr}"
    return got.stdout + got.stderr


def build(guest: str, folder: Path, *settings: str) -> str:
    """Configures, builds and tests a guest; gives everything that was printed."""
    said = run("cmake", "-G", "Ninja", "-S", CONSUMERS / guest, "-B", folder, *settings)
    said += run("cmake", "--build", folder)
    return said + run("ctest", "--test-dir", folder, "--output-on-failure")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """An install of the headers, the store and the CMake package."""
    folder = tmp_path_factory.mktemp("install")
    run("cmake", "-G", "Ninja", "-S", root, "-B", folder / "build", "-DGUANXI_BUILD_TESTS=OFF", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_INSTALL_PREFIX={folder / 'prefix'}")
    run("cmake", "--build", folder / "build")
    run("cmake", "--install", folder / "build")
    shutil.rmtree(folder / "build")  # a guest must not look back into it
    return folder / "prefix"


def test_find_package_from_an_install(prefix: Path, tmp_path: Path) -> None:
    said = build("find_package", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    assert f"guest: guanxi {gx.__version__} ({prefix}" in said
    assert "guanxi: Eigen 3" in said
    if gx._core.HAS_STORE:
        assert "guest: guanxi::store is there" in said


def test_an_install_names_no_folder_of_the_machine_that_made_it(prefix: Path, root: Path) -> None:
    for path in prefix.rglob("*.cmake"):
        assert str(root) not in path.read_text(), path


def test_a_guest_needs_neither_boost_nor_eigen(prefix: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    said = build("find_package", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DGUANXI_CMEEL_PREFIX=", "-DGUANXI_BOOST_INCLUDE=",
                 "-DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON")
    assert "guanxi: Eigen none" in said
    assert "guanxi: Boost none" in said


def test_what_the_caller_set_comes_first(prefix: Path, tmp_path: Path) -> None:
    """A Boost and an Eigen of the caller's are taken before cmeel's and the system's."""
    boost = tmp_path / "my_boost" / "include" / "boost"
    boost.mkdir(parents=True)
    (boost / "version.hpp").write_text('#pragma once\n#define BOOST_VERSION 109900\n#define BOOST_LIB_VERSION "1_99"\n')
    eigen = tmp_path / "my_eigen"
    eigen.mkdir()
    (eigen / "Eigen3Config.cmake").write_text("add_library(Eigen3::Eigen INTERFACE IMPORTED)\n"
                                              f'set_target_properties(Eigen3::Eigen PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "{eigen}")\n')
    (eigen / "Eigen3ConfigVersion.cmake").write_text("set(PACKAGE_VERSION 3.4.99)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n")
    for number, setting in enumerate([f"-DBOOST_ROOT={boost.parents[1]}", f"-DBoost_ROOT={boost.parents[1]}", f"-DBoost_INCLUDE_DIR={boost.parent}"]):
        said = run("cmake", "-G", "Ninja", "-S", CONSUMERS / "find_package", "-B", tmp_path / f"build{number}", f"-DCMAKE_PREFIX_PATH={prefix}",
                   f"-DEigen3_DIR={eigen}", setting)
        assert f"guanxi: Boost 1.99 ({boost.parent})" in said, setting
        assert f"guanxi: Eigen 3.4.99 ({eigen})" in said


def test_add_subdirectory(root: Path, tmp_path: Path) -> None:
    build("add_subdirectory", tmp_path, f"-DGUANXI_SOURCE={root}")


def test_find_package_from_the_wheel(tmp_path: Path) -> None:
    assert Path(gx.get_include(), "guanxi", "base", "day.hpp").is_file()
    if not Path(gx.get_cmake_dir(), "guanxiConfig.cmake").is_file():
        pytest.skip("guanxi runs from its source folder, not from a wheel")
    said = build("find_package", tmp_path, f"-Dguanxi_DIR={gx.get_cmake_dir()}")
    assert f"({gx.get_cmake_dir()})" in said


def test_the_wheel_carries_what_it_should(root: Path) -> None:
    package = Path(gx.__file__).parent
    if package.parent == root / "python":
        pytest.skip("guanxi runs from its source folder, not from a wheel")
    headers = {p.relative_to(root / "include").as_posix() for p in (root / "include").rglob("*.hpp")}
    assert {p.relative_to(package / "include").as_posix() for p in (package / "include").rglob("*.hpp")} == headers
    for name in ("py.typed", "cmake/guanxiConfig.cmake", "cmake/guanxiTargets.cmake", "templates/review.html.j2", "_core/__init__.pyi"):
        assert (package / name).is_file(), f"{name} is not in the wheel"


def test_one_compile_line_without_cmake(root: Path, tmp_path: Path) -> None:
    """`g++ -I$(python -c 'import guanxi; print(guanxi.get_include())')` is enough."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    assert compiler, "no C++ compiler"
    run(compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{gx.get_include()}", CONSUMERS / "guest.cpp", "-o", tmp_path / "guest", "-pthread")
    run(tmp_path / "guest")
