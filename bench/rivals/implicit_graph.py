"""Like customers against implicit and sparse_dot_topn, two threads on each side.

`pip install implicit sparse_dot_topn` into an environment of your own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from guanxi import _core
from harness import Row, race
from scipy_graph import ties

NOBODY = np.empty(0, np.uint32)


def measure() -> list[Row]:
    from scipy.sparse import csr_matrix

    n_c, n_s = 100_000, 20_000
    c, s, w = ties(n_c, n_s, 1_000_000)
    g = _core.graph.SupplierGraph(c, s, w, customers=n_c, suppliers=n_s)
    b = csr_matrix((np.ones(len(c)), (c, s)), shape=(n_c, n_s))
    unit = csr_matrix((b.data / np.sqrt(np.diff(b.indptr))[c], b.indices, b.indptr), shape=b.shape)
    threads = 2

    def mine() -> dict[str, Any]:
        return g.like_customers(10, "cosine", "binary", NOBODY, 1, 0, threads)

    total = mine()["similarity"].sum() + len(np.unique(c))  # the rivals find everybody most like himself
    rows: list[Row] = []
    try:
        import sparse_dot_topn
        from sparse_dot_topn import sp_matmul_topn

        other = unit.T.tocsr()

        def topn() -> Any:
            return sp_matmul_topn(unit, other, top_n=11, n_threads=threads, sort=True)  # one of eleven is the customer itself

        found = topn()
        assert abs(found.data.sum() - total) < 1e-6 * total
        rows.append(Row("10 most like customers of 100,000, 1M ties, 2 threads", f"sparse_dot_topn {sparse_dot_topn.__version__}", *race(mine, topn, 3), target=3.0))
    except ImportError:
        pass
    try:
        import implicit
        from implicit.nearest_neighbours import CosineRecommender

        model = CosineRecommender(K=11, num_threads=threads)
        wide = b.T.tocsr()

        def fitted() -> Any:
            model.fit(wide, show_progress=False)
            return model.similarity

        found = fitted()
        assert abs(found.data.sum() - total) < 1e-5 * total
        rows.append(Row("10 most like customers of 100,000, 1M ties, 2 threads", f"implicit {implicit.__version__}", *race(mine, fitted, 3), target=3.0))
    except ImportError:
        pass
    return rows


if __name__ == "__main__":
    for row in measure():
        print(f"{row.task:60} {row.rival:30} {row.ours:.4f} {row.theirs:.4f} {row.ratio:.2f} wanted {row.target} {row.note}")
