"""Losses and gradients worked out by PyTorch's autograd in float64, as an oracle that shares no code with Stillroom.

    python3 docs/losses/independent.py > docs/losses/independent.json

Written for PyTorch 1.13 and later. Each case names a loss, its parameters and, where it follows a toolkit, the toolkit; the
toolkits' rules (rows, T², orientation of beta) were read in their sources, which src/losses/conventions.ts names.
`npm run loss` must give the same numbers: src/training/independent.gpu.test.ts compares them.
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)

STUDENT = [
    [1.2, -0.7, 0.3, 2.1, -1.5, 0.0],
    [0.4, 0.4, -2.0, 1.1, 0.9, -0.3],
    [-1.0, 3.0, 0.5, 0.5, -0.5, 2.0],
    [2.5, -0.1, 1.7, -3.0, 0.2, 0.8],
]
TEACHER = [
    [2.0, -1.0, 0.5, 3.0, -2.0, 0.1],
    [0.1, 1.6, -1.2, 0.7, 2.2, -0.8],
    [-0.4, 1.9, 2.6, 0.3, -1.1, 0.6],
    [1.3, 0.2, 2.9, -2.2, -0.6, 1.4],
]
LABELS = [3, 4, 1, 2]
MASK = [1, 1, 0, 1]


def log_q(z, T):
    return torch.log_softmax(z / T, -1)


def kl(log_a, log_b):
    """KL(a || b) of each row."""
    return (log_a.exp() * (log_a - log_b)).sum(-1)


def mixture(log_a, log_b, share_of_a):
    if share_of_a in (0, 1):
        return log_a if share_of_a == 1 else log_b
    return torch.logaddexp(log_a + math.log(share_of_a), log_b + math.log(1 - share_of_a))


# Each takes student and teacher logits (rows, V), labels, T and parameters, and returns a value a row.


def ce(z, u, y, T):
    return -log_q(z, 1).gather(1, y[:, None])[:, 0]


def label_smoothing(z, u, y, T, epsilon):
    lq = log_q(z, 1)
    return (1 - epsilon) * -lq.gather(1, y[:, None])[:, 0] - epsilon * lq.mean(-1)


def forward_kl(z, u, y, T):
    return kl(log_q(u, T), log_q(z, T))


def soft_ce(z, u, y, T):
    return -(log_q(u, T).exp() * log_q(z, T)).sum(-1)


def reverse_kl(z, u, y, T):
    return kl(log_q(z, T), log_q(u, T))


def jsd(z, u, y, T, beta):
    p, q = log_q(u, T), log_q(z, T)
    m = mixture(p, q, beta)
    return beta * kl(p, m) + (1 - beta) * kl(q, m)


def jsd_normalised(z, u, y, T, beta):
    return jsd(z, u, y, T, beta) / (beta * (1 - beta))


def jeffreys(z, u, y, T, **parameters):
    share = parameters["lambda"]
    return (1 - share) * forward_kl(z, u, y, T) + share * reverse_kl(z, u, y, T)


def skew_kl(z, u, y, T, **parameters):
    p, q = log_q(u, T), log_q(z, T)
    return kl(p, mixture(p, q, parameters["lambda"]))


def skew_reverse_kl(z, u, y, T, **parameters):
    p, q = log_q(u, T), log_q(z, T)
    return kl(q, mixture(q, p, parameters["lambda"]))


def total_variation(z, u, y, T):
    return (log_q(u, T).exp() - log_q(z, T).exp()).abs().sum(-1) / 2


def logit_mse(z, u, y, T):
    return ((z - u) ** 2).mean(-1)


def probability_mse(z, u, y, T):
    return ((log_q(u, T).exp() - log_q(z, T).exp()) ** 2).mean(-1)


def logit_cosine(z, u, y, T):
    return 1 - torch.nn.functional.cosine_similarity(z / T, u / T, dim=-1)


def decoupled(z, u, y, T, alpha, beta):
    p, q = log_q(u, T).exp(), log_q(z, T).exp()
    at = torch.nn.functional.one_hot(y, z.shape[1]).bool()
    p_y, q_y = p[at], q[at]
    target = p_y * (p_y / q_y).log() + (1 - p_y) * ((1 - p_y) / (1 - q_y)).log()
    rest = lambda x: torch.log_softmax(x[~at].reshape(len(x), -1) / T, -1)
    return T * T * (alpha * target + beta * kl(rest(u), rest(z)))


def standardised_kl(z, u, y, T, epsilon=1e-7):
    scaled = lambda x: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + epsilon)
    return forward_kl(scaled(z), scaled(u), y, T)


def pearson(a, b, dim):
    a, b = a - a.mean(dim, keepdim=True), b - b.mean(dim, keepdim=True)
    return torch.nn.functional.cosine_similarity(a, b, dim=dim)


def dist_inter(z, u, y, T):
    return T * T * (1 - pearson(log_q(z, T).exp(), log_q(u, T).exp(), -1))


def corrected_teacher(z, u, y, T, tau):
    p = log_q(u, T).exp()
    one = torch.nn.functional.one_hot(y, z.shape[1])
    p_max, p_y = p.max(-1).values, (p * one).sum(-1)
    f = torch.where(p.argmax(-1) == y, torch.zeros_like(p_y), (p_max - p_y + tau) / (1 + p_max - p_y))
    mixed = (1 - f)[:, None] * p + f[:, None] * one
    # 0 log 0 = 0; no entry of these rows is 0.
    return (mixed * (mixed.log() - log_q(z, T))).sum(-1)


def sorted_l1(z, u, y, T):
    down = lambda x: log_q(x, T).exp().sort(-1, descending=True).values
    return (down(z) - down(u)).abs().sum(-1)


def adaptive_kl(z, u, y, T, mu=0.5):
    p, q = log_q(u, T).exp(), log_q(z, T).exp()
    order = p.argsort(-1)
    tail = torch.zeros_like(p, dtype=torch.bool).scatter(1, order, p.gather(1, order).cumsum(-1) <= mu)
    gap = (p - q).abs().detach()
    g_tail, g_head = (gap * tail).sum(-1), (gap * ~tail).sum(-1)
    w_head = g_head / (g_head + g_tail)
    return w_head * forward_kl(z, u, y, T) + (1 - w_head) * reverse_kl(z, u, y, T)


def pairs(u, T, k, epsilon):
    """Pairs (a, b) of a row's k largest classes of the teacher with p_a > p_b + epsilon."""
    p = log_q(u, T).exp()
    found = []
    for row in p:
        top = row.topk(k).indices.tolist()
        found.append([(a, b) for a in top for b in top if row[a] > row[b] + epsilon])
    return found


def hinge(z, u, y, T, margin, k, epsilon):
    q = log_q(z, T).exp()
    rows = []
    for r, own in enumerate(pairs(u, T, k, epsilon)):
        rows.append(sum(torch.relu(margin - (q[r, a] - q[r, b])) for a, b in own) / max(1, len(own)))
    return torch.stack(rows)


def logistic_rank(z, u, y, T, k, epsilon):
    rows = []
    for r, own in enumerate(pairs(u, T, k, epsilon)):
        rows.append(sum(torch.nn.functional.softplus(-(z[r, a] - z[r, b])) for a, b in own) / max(1, len(own)))
    return torch.stack(rows)


def sparse_renormalise(z, u, y, T, k):
    top = u.topk(k, -1).indices
    log_p = torch.log_softmax(u.gather(1, top) / T, -1)
    return kl(log_p, log_q(z, T).gather(1, top))


def buckets(x, top, T):
    """log probabilities of the classes `top`, and of all others together."""
    own = log_q(x, T)
    outside = torch.ones_like(own, dtype=torch.bool).scatter(1, top, False)
    rest = own.masked_fill(~outside, -math.inf).logsumexp(-1, keepdim=True)
    return torch.cat([own.gather(1, top), rest], -1)


def sparse_tail(z, u, y, T, k):
    top = u.topk(k, -1).indices
    return kl(buckets(u, top, T), buckets(z, top, T))


def sparse_tail_reverse(z, u, y, T, k):
    top = u.topk(k, -1).indices
    return kl(buckets(z, top, T), buckets(u, top, T))


def sparse_renormalise_both(z, u, y, T, k):
    top = u.topk(k, -1).indices
    return kl(torch.log_softmax(u.gather(1, top) / T, -1), torch.log_softmax(z.gather(1, top) / T, -1))


# The batch losses of the toolkits: student logits, teacher logits, labels, mask, T → one number.


def over_valid(values, mask):
    return (values * mask).sum() / mask.sum()


def distillkit_kl(z, u, y, mask, T):
    per_token = torch.nn.functional.kl_div(log_q(z, T), log_q(u, T), reduction="none", log_target=True).sum(-1)
    return T**2 * over_valid(per_token, mask)


def gkd(z, u, y, mask, T, beta):
    """TRL's and Liger's generalised JSD: no T², its two ends are forward and reverse KL."""
    lp, lq = log_q(u, T), log_q(z, T)
    div = lambda given, target: torch.nn.functional.kl_div(given, target, reduction="none", log_target=True)
    if beta == 0:
        element = div(lq, lp)
    elif beta == 1:
        element = div(lp, lq)
    else:
        m = mixture(lp, lq, beta)
        element = beta * div(m, lp) + (1 - beta) * div(m, lq)
    return element.sum() / len(z) if mask is None else over_valid(element.sum(-1), mask)


def mdistiller_kd(z, u, y, mask, T):
    return torch.nn.functional.kl_div(log_q(z, T), torch.softmax(u / T, 1), reduction="none").sum(1).mean() * T**2


def mdistiller_dkd(z, u, y, mask, T, alpha, beta):
    return decoupled(z, u, y, T, alpha, beta).mean()


def textbrewer_ce(z, u, y, mask, T):
    return soft_ce(z, u, y, T).mean()


def textbrewer_mse(z, u, y, mask, T):
    return torch.nn.functional.mse_loss(z / T, u / T)


def torchtune_forward(z, u, y, mask, T):
    return over_valid(soft_ce(z, u, y, 1), mask)


def torchtune_reverse(z, u, y, mask, T):
    return over_valid(reverse_kl(z, u, y, 1), mask)


def torchtune_symmetric(z, u, y, mask, T, **parameters):
    forward = 1 - parameters["lambda"]
    return forward * torchtune_forward(z, u, y, mask, T) + (1 - forward) * torchtune_reverse(z, u, y, mask, T)


# Relations of attention (MiniLM): one text of four tokens, two heads of three numbers, one head of keys and values. A number
# a token, head and key of weights; the last token does not count.

SEEN = torch.ones(4, 4).tril().bool()


def spread(*shape):
    """Numbers that are neither regular nor random."""
    count = math.prod(shape)
    return torch.tensor([2 * math.sin(1.7 * i + 0.3 * (i % 5)) for i in range(count)]).reshape(shape)


def log_relation(x, y):
    """log softmax(x y / sqrt d) over the tokens up to its own: x, y [heads, tokens, d]."""
    scores = x @ y.transpose(-1, -2) / math.sqrt(x.shape[-1])
    return torch.log_softmax(scores.masked_fill(~SEEN, -math.inf), -1)


def relation_loss(log_taught, log_own):
    """Mean over tokens that count and heads of KL; [heads, tokens, tokens]."""
    parts = log_taught.exp() * (log_taught - log_own)
    return parts.masked_fill(~SEEN, 0).sum(-1)[:, :3].sum() / 3 / log_own.shape[0]


def attention():
    q, k = spread(4, 2, 3).requires_grad_(), (spread(4, 1, 3) + 0.4).requires_grad_()
    taught = log_relation(spread(2, 4, 5) - 0.2, 0.7 * spread(2, 4, 5)).exp()
    own = log_relation(q.transpose(0, 1), k.transpose(0, 1).expand(2, 4, 3))
    loss = relation_loss(torch.log(taught.masked_fill(~SEEN, 1)), own.masked_fill(~SEEN, 0))
    loss.backward()
    v, taught_values = (spread(4, 1, 3) - 0.1).requires_grad_(), spread(4, 5) + 0.5
    rows = lambda x: x.reshape(4, 1, -1).transpose(0, 1)
    values = relation_loss(
        log_relation(rows(taught_values), rows(taught_values)).masked_fill(~SEEN, 0),
        log_relation(rows(v), rows(v)).masked_fill(~SEEN, 0),
    )
    values.backward()
    flat = lambda x: x.detach().flatten().tolist()
    return {
        **{"q": flat(q), "k": flat(k), "weights": flat(taught.transpose(0, 1)), "v": flat(v)},
        **{"values": flat(taught_values), "attention_kl": loss.item(), "dq": flat(q.grad), "dk": flat(k.grad)},
        **{"value_relation_kl": values.item(), "dv": flat(v.grad)},
    }


def tensors():
    z = torch.tensor(STUDENT, requires_grad=True)
    return z, torch.tensor(TEACHER), torch.tensor(LABELS), torch.tensor(MASK, dtype=torch.float64)


def case(loss, temperature, function, toolkit=None, scale=False, **parameters):
    z, u, y, mask = tensors()
    found = {"loss": loss, "temperature": temperature, "parameters": parameters, "scaleByT2": scale, "as": toolkit}
    if toolkit is None:
        rows = function(z, u, y, temperature, **parameters) * (temperature**2 if scale else 1)
        total = over_valid(rows, mask)
        found["rows"] = (rows * mask).tolist()
    else:
        total = function(z, u, y, mask, temperature, **parameters)
    total.backward()
    return {**found, "value": total.item(), "gradient": z.grad.tolist()}


def cases():
    for T in (1.0, 4.0):
        for loss in (ce, forward_kl, soft_ce, reverse_kl, total_variation, logit_mse, probability_mse, logit_cosine):
            yield case(loss.__name__, T, loss)
        yield case("forward_kl", T, forward_kl, scale=True)
        yield case("label_smoothing", T, label_smoothing, epsilon=0.1)
        for loss in (standardised_kl, dist_inter, sorted_l1):
            yield case(loss.__name__, T, loss)
        yield case("adaptive_kl", T, adaptive_kl)
        for beta in (0.1, 0.5, 0.9):
            yield case("jsd", T, jsd, beta=beta)
            yield case("jsd_normalised", T, jsd_normalised, beta=beta)
        for share in (0.1, 0.5):
            for loss in (jeffreys, skew_kl, skew_reverse_kl):
                yield case(loss.__name__, T, loss, **{"lambda": share})
        yield case("decoupled", T, decoupled, alpha=1.0, beta=8.0)
        yield case("corrected_teacher", T, corrected_teacher, tau=0.2)
        yield case("hinge", T, hinge, margin=0.1, k=4, epsilon=0.01)
        yield case("logistic_rank", T, logistic_rank, k=4, epsilon=0.01)
        for k in (2, 4, 6):
            for loss in (sparse_renormalise, sparse_tail, sparse_tail_reverse, sparse_renormalise_both):
                # With every class among the k largest there is no bucket for the rest.
                if k < 6 or "tail" not in loss.__name__:
                    yield case(loss.__name__, T, loss, k=k)
    yield case("forward_kl", 2.0, distillkit_kl, "distillkit")
    yield case("forward_kl", 4.0, lambda *a: gkd(*a, beta=0), "trl")
    yield case("reverse_kl", 4.0, lambda *a: gkd(*a, beta=1), "trl")
    yield case("jsd", 4.0, gkd, "trl", beta=0.3)
    yield case("jsd", 2.0, gkd, "trl", beta=0)
    yield case("jsd", 2.0, gkd, "liger", beta=0.3)
    yield case("reverse_kl", 2.0, lambda *a: gkd(*a, beta=1), "liger")
    yield case("forward_kl", 4.0, mdistiller_kd, "mdistiller")
    yield case("decoupled", 4.0, mdistiller_dkd, "mdistiller", alpha=1.0, beta=8.0)
    yield case("forward_kl", 2.0, textbrewer_ce, "textbrewer")
    yield case("logit_mse", 2.0, textbrewer_mse, "textbrewer")
    yield case("forward_kl", 4.0, torchtune_forward, "torchtune")
    yield case("reverse_kl", 4.0, torchtune_reverse, "torchtune")
    yield case("jeffreys", 4.0, torchtune_symmetric, "torchtune", **{"lambda": 0.25})


print(
    json.dumps(
        {
            "made": f"PyTorch {torch.__version__}, float64, docs/losses/independent.py",
            "student": STUDENT,
            "teacher": TEACHER,
            "labels": LABELS,
            "mask": MASK,
            "cases": list(cases()),
            "attention": attention(),
        },
            )
)
