"""SupplierGraph against scipy on a synthetic book: heavy tails on both sides, sectors, a seed."""

from __future__ import annotations

import guanxi as gx
import numpy as np
import pyarrow as pa
import scipy
from guanxi import _core
from harness import Row, race

NAME = f"scipy {scipy.__version__}"


def ties(customers: int, suppliers: int, wanted: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct ties sorted by customer and supplier; 70 % of them inside one of 64 sectors."""
    random = np.random.default_rng(seed)
    lines = int(wanted * 1.35)
    size_c = random.pareto(1.5, customers) + 1
    size_s = random.pareto(1.2, suppliers) + 1
    customer = np.concatenate([np.arange(customers), random.choice(customers, lines - customers, p=size_c / size_c.sum())])
    supplier = random.choice(suppliers, lines, p=size_s / size_s.sum())
    inside = random.random(lines) < 0.7
    supplier[inside] = (supplier[inside] // 64 * 64 + customer[inside] % 64) % suppliers
    key = np.unique(customer.astype(np.int64) * suppliers + supplier)
    key = np.sort(random.choice(key, min(wanted, len(key)), replace=False))
    amount = np.round(np.exp(random.normal(7, 1.5, len(key))), 2)
    return (key // suppliers).astype(np.uint32), (key % suppliers).astype(np.uint32), amount


def measure() -> list[Row]:
    from scipy.sparse import coo_array

    rows: list[Row] = []
    n_c, n_s = 100_000, 20_000
    c, s, w = ties(n_c, n_s, 1_000_000)
    shuffled = np.random.default_rng(1).permutation(len(c))
    c2, s2, w2 = c[shuffled].copy(), s[shuffled].copy(), w[shuffled].copy()
    for name, (x, y, z) in (("sorted", (c, s, w)), ("shuffled", (c2, s2, w2))):
        xi, yi = x.astype(np.int32), y.astype(np.int32)  # scipy's own index type, converted before the clock

        def theirs(xi: np.ndarray = xi, yi: np.ndarray = yi, z: np.ndarray = z) -> object:
            r = coo_array((z, (xi, yi)), shape=(n_c, n_s)).tocsr()
            return r, r.tocsc()

        def core(x: np.ndarray = x, y: np.ndarray = y, z: np.ndarray = z) -> object:
            return _core.graph.SupplierGraph(x, y, z, customers=n_c, suppliers=n_s)

        table = pa.table({"customer": x, "supplier": y, "amount": z})

        def ours(table: pa.Table = table) -> object:
            return gx.graph.SupplierGraph(table)

        r, t = theirs()  # type: ignore[misc]
        g = core()
        mine = {side: g.rows(side) for side in ("customer", "supplier")}
        assert (mine["customer"]["other"] == r.indices).all() and (mine["customer"]["weight"] == r.data).all()
        assert (mine["supplier"]["other"] == t.indices).all() and (mine["supplier"]["weight"] == t.data).all()
        rows.append(Row(f"two-sided rows of {len(x):,} ties, {name}, uint32 ids", f"{NAME} csr + csc", *race(core, theirs, 9), target=1.0))
        rows.append(Row(f"SupplierGraph of a frame of {len(x):,} ties, {name}", f"{NAME} csr + csc (ids given)", *race(ours, theirs, 9), target=1.0,
                        note="ours also ranks the labels"))
    big_c, big_s, big_w = ties(1_000_000, 100_000, 10_000_000)
    mixed = np.random.default_rng(1).permutation(len(big_c))
    for name, (x, y, z) in (("sorted", (big_c, big_s, big_w)), ("shuffled", (big_c[mixed].copy(), big_s[mixed].copy(), big_w[mixed].copy()))):
        xi, yi = x.astype(np.int32), y.astype(np.int32)

        def theirs10(xi: np.ndarray = xi, yi: np.ndarray = yi, z: np.ndarray = z) -> object:
            r = coo_array((z, (xi, yi)), shape=(1_000_000, 100_000)).tocsr()
            return r, r.tocsc()

        def core10(x: np.ndarray = x, y: np.ndarray = y, z: np.ndarray = z) -> object:
            return _core.graph.SupplierGraph(x, y, z, customers=1_000_000, suppliers=100_000)

        assert core10().ties == theirs10()[0].nnz  # type: ignore[attr-defined, index]
        rows.append(Row(f"two-sided rows of {len(x):,} ties, {name}, uint32 ids", f"{NAME} csr + csc", *race(core10, theirs10, 3), target=1.0))
    g = _core.graph.SupplierGraph(c, s, w, customers=n_c, suppliers=n_s)
    r, t = coo_array((w, (c.astype(np.int32), s.astype(np.int32))), shape=(n_c, n_s)).tocsr(), None
    b = r.copy()
    b.data[:] = 1.0

    def power() -> np.ndarray:
        dc, ds = np.maximum(1, b.sum(1)), np.maximum(1, b.sum(0))
        v = 1 / (n_c + n_s)
        x, y = np.full(n_c, v), np.full(n_s, v)
        left, right = b, b.T.tocsr()
        idle_c, idle_s = b.sum(1) == 0, b.sum(0) == 0
        while True:
            lost = 0.85 * (x[idle_c].sum() + y[idle_s].sum()) * v
            x2 = 0.15 * v + lost + 0.85 * (left @ (np.where(idle_s, 0, y) / ds))
            y2 = 0.15 * v + lost + 0.85 * (right @ (np.where(idle_c, 0, x) / dc))
            change = np.abs(x2 - x).sum() + np.abs(y2 - y).sum()
            x, y = x2, y2
            if change * 0.85 / 0.15 < 1e-8:
                return np.concatenate([x, y])

    none = np.empty(0)

    def pagerank() -> np.ndarray:
        p = g.pagerank(0.85, 1e-8, "binary", none, none)
        return np.concatenate([p["customer"], p["supplier"]])

    assert np.abs(power() - pagerank()).sum() < 2e-8
    rows.append(Row("PageRank .85, l1 error 1e-8, 1M ties", f"{NAME} power iteration", *race(pagerank, power, 3), target=4.0))

    def overlap() -> object:
        from scipy.sparse import triu

        m = triu(b.T @ b, 1, format="csr")
        m.data *= m.data >= 2
        m.eliminate_zeros()
        return m

    def rivals() -> object:
        return g.competitors(2, False, 0.05, 1)

    assert overlap().nnz == len(rivals()["common"])  # type: ignore[attr-defined, index]
    rows.append(Row("competitors, 2 or more common customers, 1 thread", f"{NAME} B.T @ B, triu, filter", *race(rivals, overlap, 3), target=2.0,
                    note="ours also sums contested money and Newman's weights"))

    def numpy_hhi() -> np.ndarray:
        total = np.bincount(c, w, n_c)
        return np.bincount(c, (w / total[c]) ** 2, n_c)

    def hhi() -> np.ndarray:
        return g.concentration("customer", 1)["hhi"]

    np.testing.assert_allclose(np.nan_to_num(hhi()), numpy_hhi(), atol=1e-12)
    rows.append(Row("concentration of 100,000 customers, 1 thread", f"numpy {np.__version__} bincount of HHI only", *race(hhi, numpy_hhi, 7), target=1.0,
                    note="ours also gives entropy, CR1, CR3, the largest supplier"))
    rows.append(Row("concentration of 100,000 customers, all threads", f"numpy {np.__version__} bincount of HHI only",
                    *race(lambda: g.concentration("customer", 0)["hhi"], numpy_hhi, 7), target=1.0, note="ours also gives entropy, CR1, CR3, the largest supplier"))
    return rows


if __name__ == "__main__":
    for row in measure():
        print(f"{row.task:70} {row.rival:40} {row.ours:.4f} {row.theirs:.4f} {row.ratio:.2f} wanted {row.target}")
