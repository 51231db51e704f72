"""Losses as toolkits compute them, in NumPy alone: a second oracle beside independent.py, for what that one leaves out.

    python3 docs/losses/toolkits.py > docs/losses/toolkits.json

Written after the sources that src/losses/conventions.ts names; it shares no code with Stillroom. Rows, labels and mask are those
of independent.json, values are float64, gradients are fourth-order central differences of the values.
`npm run loss` must give the same numbers: src/training/independent.gpu.test.ts compares them.
"""

import json
import os

import numpy as np

with open(os.path.join(os.path.dirname(__file__), "independent.json")) as file:
    rows = json.load(file)
STUDENT, TEACHER, MASK = (np.array(rows[name], dtype=float) for name in ("student", "teacher", "mask"))


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def kl(log_a, log_b):
    return (np.exp(log_a) * (log_a - log_b)).sum(-1)


def over_valid(values):
    return (values * MASK).sum() / MASK.sum()


def distillkit_jsd(z, T, **_):
    """lossfuncs/jsd.py, dense_js_div: no beta, times T²."""
    p, q = log_softmax(TEACHER / T), log_softmax(z / T)
    m = np.logaddexp(p, q) - np.log(2)
    return T**2 * over_valid(0.5 * kl(q, m) + 0.5 * kl(p, m))


def distillkit_tvd(z, T):
    """lossfuncs/tvd.py, dense_tvd: times T²."""
    gap = np.abs(np.exp(log_softmax(TEACHER / T)) - np.exp(log_softmax(z / T)))
    return T**2 * over_valid(0.5 * gap.sum(-1))


def over_pairs(z, k, loss):
    """Mean over the pairs of all valid rows at once, among the k classes that are stored."""
    p, found = np.exp(log_softmax(TEACHER)), []
    for r in np.flatnonzero(MASK):
        top = np.argsort(-p[r])[:k]
        found += [loss(z[r], a, b) for a in top for b in top if p[r, a] > p[r, b] + 1e-8]
    return sum(found) / len(found)


def distillkit_hinge(z, T, margin, k):
    """lossfuncs/hingeloss.py: probabilities at T = 1, no T²."""

    def one(row, a, b):
        q = np.exp(log_softmax(row))
        return max(0.0, margin - (q[a] - q[b]))

    return over_pairs(z, k, one)


def distillkit_logistic(z, T, k):
    """lossfuncs/logistic_ranking.py: on logits, no T."""
    return over_pairs(z, k, lambda row, a, b: np.log1p(np.exp(-(row[a] - row[b]))))


def buckets(log_p, top, tail):
    """The chosen classes, and one for the rest (or the chosen ones alone, made to sum to 1)."""
    own = np.take_along_axis(log_p, top, -1)
    if not tail:
        return own - np.log(np.exp(own).sum(-1, keepdims=True))
    rest = np.log(1 - np.exp(own).sum(-1, keepdims=True))
    return np.concatenate([own, rest], -1)


def distillkit_sparse(z, T, k, tail):
    """lossfuncs/kl.py, sparse_kl_div: the student keeps its normaliser where the teacher's rest is zero."""
    p, q = log_softmax(TEACHER / T), log_softmax(z / T)
    top = np.argsort(-TEACHER, -1)[:, :k]
    own = buckets(q, top, True) if tail else np.take_along_axis(q, top, -1)
    return T**2 * over_valid(kl(buckets(p, top, tail), own))


def trl_sparse(z, T, k, tail):
    """DistillationTrainer.generalized_jsd_loss at beta = 0: loss_top_k with and without loss_add_tail, no T²."""
    p, q = log_softmax(TEACHER / T), log_softmax(z / T)
    top = np.argsort(-TEACHER, -1)[:, :k]
    return over_valid(kl(buckets(p, top, tail), buckets(q, top, tail)))


def liger_cosine(z, T):
    """chunked_loss/cosine_similarity_loss.py, beta = .5 (with ignored rows left out of the sum, too)."""
    lengths = np.linalg.norm(z, axis=-1) * np.linalg.norm(TEACHER, axis=-1)
    return 0.5 * over_valid(1 - (z * TEACHER).sum(-1) / lengths)


def gradient(loss, step=1e-3):
    found = np.zeros_like(STUDENT)
    for at in np.ndindex(*STUDENT.shape):

        def moved(by):
            z = STUDENT.copy()
            z[at] += by
            return loss(z)

        found[at] = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step)
    return found


def case(toolkit, loss, T, function, asked=None, **parameters):
    value = lambda z: function(z, T, **parameters)
    return {
        **{"loss": loss, "temperature": T, "parameters": parameters if asked is None else asked},
        **{"scaleByT2": False, "as": toolkit, "value": value(STUDENT), "gradient": gradient(value).tolist()},
    }


def sparse(tail, function):
    return lambda z, T, k: function(z, T, k, tail)


cases = [
    # The beta that was asked for plays no part.
    case("distillkit", "jsd", 2.0, distillkit_jsd, asked={"beta": 0.3}),
    case("distillkit", "jsd_normalised", 3.0, distillkit_jsd, asked={"beta": 0.3}),
    case("distillkit", "total_variation", 2.0, distillkit_tvd),
    case("distillkit", "hinge", 3.0, distillkit_hinge, margin=0.1, k=4),
    case("distillkit", "logistic_rank", 3.0, distillkit_logistic, k=4),
    case("distillkit", "sparse_renormalise", 2.0, sparse(False, distillkit_sparse), k=3),
    case("distillkit", "sparse_tail", 2.0, sparse(True, distillkit_sparse), k=3),
    case("trl", "sparse_tail", 2.0, sparse(True, trl_sparse), k=3),
    case("trl", "sparse_renormalise_both", 2.0, sparse(False, trl_sparse), k=3),
    case("liger", "logit_cosine", 3.0, liger_cosine),
]
print(json.dumps({"made": f"NumPy {np.__version__}, float64, docs/losses/toolkits.py", "cases": cases}))
