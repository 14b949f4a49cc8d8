"""SupplierGraph against the graph packages: igraph, networkit, rustworkx, scikit-network; each where it is installed.

`pip install igraph networkit rustworkx scikit-network` into an environment of your own. Their graphs are built before the
clock starts. PageRank is compared at equal error: each rival's own tolerance is lowered until its answer is within 1e-8 of
the exact one (sum of absolute errors), or as far as it goes; the note gives what was reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from guanxi import _core
from harness import Row, race
from scipy_graph import ties

NONE = np.empty(0)
N_C, N_S, TIES = 100_000, 20_000, 1_000_000


def ours() -> tuple[Any, np.ndarray]:
    c, s, w = ties(N_C, N_S, TIES)
    return _core.graph.SupplierGraph(c, s, w, customers=N_C, suppliers=N_S), np.column_stack([c.astype(np.int64), s.astype(np.int64) + N_C])


def joined(r: dict[str, Any]) -> np.ndarray:
    return np.concatenate([r["customer"], r["supplier"]])


def pagerank_rivals(edges: np.ndarray) -> list[tuple[str, Callable[[], Any]]]:
    out: list[tuple[str, Callable[[], Any]]] = []
    try:
        import igraph

        g = igraph.Graph(N_C + N_S, edges)
        out.append((f"igraph {igraph.__version__} prpack", lambda: g.pagerank(damping=0.85)))
    except ImportError:
        pass
    try:
        import sknetwork
        from scipy.sparse import csr_matrix
        from sknetwork.ranking import PageRank

        n = N_C + N_S
        a = csr_matrix((np.ones(2 * len(edges)), (edges.T.ravel(), edges[:, ::-1].T.ravel())), shape=(n, n))
        out.append((f"scikit-network {sknetwork.__version__}", lambda: PageRank(damping_factor=0.85, solver="piteration", n_iter=200, tol=1e-9).fit_predict(a)))
    except ImportError:
        pass
    try:
        import rustworkx

        r = rustworkx.PyDiGraph()
        r.add_nodes_from(range(N_C + N_S))
        r.add_edges_from_no_data([(int(x), int(y)) for x, y in edges] + [(int(y), int(x)) for x, y in edges])

        def ranked() -> np.ndarray:
            found = rustworkx.pagerank(r, alpha=0.85, tol=1e-14, max_iter=1000)
            return np.array([found[i] for i in range(N_C + N_S)])

        out.append((f"rustworkx {rustworkx.__version__}", ranked))
    except ImportError:
        pass
    try:
        import networkit

        networkit.setNumberOfThreads(1)
        k = networkit.GraphFromCoo((edges[:, 0].astype(np.uint64), edges[:, 1].astype(np.uint64)), n=N_C + N_S, directed=False, weighted=False)
        out.append((f"networkit {networkit.__version__}", lambda: networkit.centrality.PageRank(k, damp=0.85, tol=1e-11).run().scores()))
    except ImportError:
        pass
    return out


def measure() -> list[Row]:
    g, edges = ours()
    rows: list[Row] = []
    exact = joined(g.pagerank(0.85, 1e-13, "binary", NONE, NONE))
    for name, call in pagerank_rivals(edges):
        error = float(np.abs(np.asarray(call()) - exact).sum())
        if not error < 1e-2:
            raise AssertionError(f"{name} is {error} away")
        bar = max(1e-13, min(error, 1e-8))

        def mine(bar: float = bar) -> Any:
            return g.pagerank(0.85, bar, "binary", NONE, NONE)

        assert np.abs(joined(mine()) - exact).sum() <= max(error, 1e-12)
        rows.append(Row("PageRank .85, 1M ties, error no larger than the rival's", name, *race(mine, call, 3), target=5.0,
                        note=f"sum of errors {error:.1e}"))
    try:
        import igraph
    except ImportError:
        return rows
    h = igraph.Graph(N_C + N_S, edges)
    assert (joined(g.core(None, None)) == np.array(h.coreness())).all()
    rows.append(Row("core numbers, 1M ties", f"igraph {igraph.__version__}", *race(lambda: g.core(None, None), h.coreness, 5), target=1.0))
    assert (np.sort(g.cut_nodes()["node"]) == np.sort(h.articulation_points())).all()
    rows.append(Row("cut nodes, 1M ties", f"igraph {igraph.__version__}", *race(g.cut_nodes, h.articulation_points, 5), target=1.0,
                    note="ours also gives bridges, pieces and severed trade"))
    return rows


if __name__ == "__main__":
    for row in measure():
        print(f"{row.task:60} {row.rival:30} {row.ours:.4f} {row.theirs:.4f} {row.ratio:.2f} wanted {row.target} {row.note}")
