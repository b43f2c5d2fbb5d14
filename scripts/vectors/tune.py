"""Fine-tuning of the rows: pseudo knowledge bases out of the domain passages.

A chunk of neighbouring passages of one file plays an entry, one passage left out of it the query; the loss is
the cross-entropy of the fused score (char + soft + mean) over the chunks of a batch."""
import os
import numpy as np
import scipy.sparse as sp
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax, jax.numpy as jnp
import vec

def loss_fn(VU, VT, C, same, umask, norm, aT, M, Aq, Ae, char, gold, soft_gold, w):
    m = (VU * umask[:, None]).sum(0) / umask.sum()
    unit = lambda x: x / jnp.sqrt((x * x).sum(-1, keepdims=True) + 1e-6)
    c = unit(VT - m) @ unit(VU - m).T
    c = jnp.where(same, 1.0, c) * umask[None, :]
    g = jax.nn.softplus((c - .3) / .04) * .04 / .7
    g = jnp.where(c > .1, g, 0) * umask[None, :]
    tf = g @ C
    df = jax.lax.stop_gradient((1 - jnp.exp(-tf)).sum(1))
    N = C.shape[1]
    idf = jnp.maximum(0, jnp.log(1 + (N - df + .5) / (df + .5)))
    sat = tf * 2.2 / (tf + norm[None, :])
    soft = M @ ((aT * idf)[:, None] * sat)
    e = unit(Ae.T @ VU); e = unit(e - e.mean(0))
    q = unit(Aq @ VT); q = unit(q - q.mean(0))
    mean = q @ e.T
    sc = lambda s: s / jax.lax.stop_gradient((s.max(1) - s.mean(1)).mean() + 1e-6)
    char, soft, mean = sc(char), sc(soft), sc(mean)
    def ce(s):
        lp = jax.nn.log_softmax(6.0 * s)
        hard = -jnp.take_along_axis(lp, gold[:, None], 1).mean()
        return (1 - w) * hard - w * (soft_gold * lp).sum(1).mean()
    f1 = .4 * char + .3 * soft + .3 * mean
    acc = (f1.argmax(1) == gold).mean()
    return ce(f1) + .3 * ce(soft) + .3 * ce(mean), (acc, (char.argmax(1) == gold).mean())

vg = jax.jit(jax.value_and_grad(loss_fn, argnums=(0, 1), has_aux=True))

class Lang:
    def __init__(self, lang, files, features, nrows, probs, P, syn):
        """files: list of lists of passages"""
        self.lang = lang
        self.lines = [(fi, vec.tokens(x)) for fi, f in enumerate(files) for x in f]
        self.lines = [(fi, t) for fi, t in self.lines if len(t) >= 2]
        self.file_of = np.array([fi for fi, _ in self.lines])
        self.syn = {}
        for g in syn:
            for t in g:
                self.syn.setdefault(t, []).extend(x for x in g if x != t)
        voc = sorted({w for _, t in self.lines for w in t} | {w for g in syn for t in g for w in t.split()})
        self.voc = {w: i for i, w in enumerate(voc)}
        self.ids = [np.array([self.voc[w] for w in t]) for _, t in self.lines]
        ip, ix, vv = [0], [], []
        for w in voc:
            i, v = features(w)
            ix.append(i); vv.append(v); ip.append(ip[-1] + len(i))
        self.F = sp.csr_matrix((np.concatenate(vv), np.concatenate(ix), ip), shape=(len(voc), nrows))
        self.F.sum_duplicates()
        self.a = np.array([vec.weight(probs.get(w, vec.P_UNKNOWN)) for w in voc], np.float32)
        gv = {}
        rows = []
        for w in voc:
            rows.append([gv.setdefault(g, len(gv)) for g in vec.grams(w, 3, 5)])
        self.G = sp.csr_matrix((np.ones(sum(map(len, rows)), np.float32), np.concatenate([np.array(r, int) for r in rows]),
                                np.cumsum([0] + [len(r) for r in rows])), shape=(len(voc), len(gv)))
        self.P = P

    def query_ids(self, i, r):
        t = self.lines[i][1]
        if len(t) > 6 and r.random() < .6:
            k = r.integers(3, min(12, len(t)) + 1)
            s = r.integers(0, len(t) - k + 1)
            t = t[s:s + k]
        if self.syn and r.random() < .5:
            out = []
            for w in t:
                s = self.syn.get(w)
                if s and r.random() < .5:
                    out += s[r.integers(len(s))].split()
                else:
                    out.append(w)
            t = out
        if r.random() < .15 and len(t) > 1:
            t = sorted(t, key=lambda w: self.a[self.voc[w]] if w in self.voc else 1)[-2:]
        return np.array([self.voc[w] for w in t if w in self.voc] or [0])

    def batch(self, r, allowed, NQ, NU, NT):
        """NQ chunks of neighbouring lines, one line of each as its query"""
        starts = r.choice(allowed, NQ, replace=False)
        chunks, qs, used = [], [], np.zeros(len(self.lines), bool)
        for s in starts:
            k = int(r.integers(3, 7))
            ix = [i for i in range(s, min(s + k, len(self.lines))) if self.file_of[i] == self.file_of[s] and not used[i]]
            if len(ix) < 2:
                continue
            q = ix[int(r.integers(len(ix)))]
            used[ix] = True
            chunks.append([i for i in ix if i != q]); qs.append(q)
        n = len(chunks)
        cnt = [np.bincount(np.concatenate([self.ids[i] for i in c]), minlength=0) for c in chunks]
        D = sp.lil_matrix((0, 0))
        rows = np.concatenate([np.flatnonzero(c) for c in cnt]); vals = np.concatenate([c[np.flatnonzero(c)] for c in cnt]).astype(np.float32)
        cols = np.concatenate([np.full((c > 0).sum(), j) for j, c in enumerate(cnt)])
        U = np.unique(rows)
        if len(U) > NU:
            U = np.sort(r.choice(U, NU, replace=False))
        back = np.full(len(self.voc), -1); back[U] = np.arange(len(U))
        C = np.zeros((NU, NQ), np.float32)
        ok = back[rows] >= 0
        C[back[rows[ok]], cols[ok]] = vals[ok]
        qi = [self.query_ids(q, r) for q in qs]
        T = np.unique(np.concatenate(qi))
        if len(T) > NT:
            T = T[:NT]
        bt = np.full(len(self.voc), -1); bt[T] = np.arange(len(T))
        M = np.zeros((NQ, NT), np.float32)
        for j, x in enumerate(qi):
            x = bt[x]; x = x[x >= 0]
            np.add.at(M[j], x, 1)
        same = np.zeros((NT, NU), bool)
        both = back[T]; k = np.flatnonzero(both >= 0)
        same[k, both[k]] = True
        um = np.zeros(NU, np.float32); um[:len(U)] = 1
        L = C.sum(0); L = np.where(L > 0, L, 1)
        norm = 1.2 * (.25 + .75 * L / L[:n].mean())
        # char leg
        GU, GT = self.G[U], self.G[T]
        dc = (GU.T @ C[:len(U)])
        Lc = dc.sum(0); Lc = np.where(Lc > 0, Lc, 1)
        df = (dc > 0).sum(1)
        i = np.maximum(0, np.log(1 + (n - df + .5) / (df + .5)))
        bm = dc * 2.2 / (dc + 1.2 * (.25 + .75 * Lc / Lc[:n].mean())) * i[:, None]
        char = M[:, :len(T)] @ (GT @ bm)
        aT = np.zeros(NT, np.float32); aT[:len(T)] = self.a[T]
        aU = np.zeros(NU, np.float32); aU[:len(U)] = self.a[U]
        # teacher's view: lines' embeddings, centred
        if self.P is not None:
            e = np.array([self.P[c].mean(0) for c in chunks]); e /= np.linalg.norm(e, axis=1, keepdims=True)
            q = self.P[qs]; q = q / np.linalg.norm(q, axis=1, keepdims=True)
            z = q @ e.T / .08
            z = np.exp(z - z.max(1, keepdims=True)); z /= z.sum(1, keepdims=True)
        else:
            z = np.eye(n)
        sg = np.zeros((NQ, NQ), np.float32); sg[:n, :n] = z
        return n, U, T, dict(C=C, same=same, umask=um, norm=norm.astype(np.float32), aT=aT, M=M, Aq=M * aT, Ae=C * aU[:, None],
                             char=char.astype(np.float32), soft_gold=sg)

def tune(W, langs, steps, lr, pull, tw, say, hold=(), seed=5, NQ=96, NU=1800, NT=900):
    """langs: list of Lang. Returns tuned rows."""
    W0, W = W, W.copy()
    m1, m2 = np.zeros_like(W), np.zeros_like(W)
    r = np.random.default_rng(seed)
    allowed = {}
    for L in langs:
        f = L.file_of
        h = np.isin(f, [x for x in hold])
        allowed[L.lang] = (np.flatnonzero(~h), np.flatnonzero(h))
    def run(L, idx, r):
        n, U, T, b = L.batch(r, idx, min(NQ, len(idx)), NU, NT)
        if n < NQ:   # cut to the filled chunks is costly to recompile: mask by giving empty chunks a low char score
            b["char"][:, n:] = b["char"].min() - 5 * (b["char"].std() + 1e-6)
        FU, FT = L.F[U], L.F[T]
        VU = np.zeros((NU, W.shape[1]), np.float32); VU[:len(U)] = FU @ W
        VT = np.zeros((NT, W.shape[1]), np.float32); VT[:len(T)] = FT @ W
        gold = np.arange(NQ)
        # rows without a query carry no loss: point them at the soft target of themselves
        (l, aux), (gU, gT) = vg(VU, VT, b["C"], b["same"], b["umask"], b["norm"], b["aT"], b["M"], b["Aq"], b["Ae"], b["char"], gold, b["soft_gold"], tw)
        return float(l), [float(x) for x in aux], FU, FT, np.asarray(gU)[:len(U)], np.asarray(gT)[:len(T)]
    acc = []
    for it in range(1, steps + 1):
        L = langs[it % len(langs)]
        l, aux, FU, FT, gU, gT = run(L, allowed[L.lang][0], r)
        F = sp.vstack([FU, FT]).tocsr()
        cols = np.unique(F.indices)
        g = F[:, cols].T @ np.vstack([gU, gT])
        m1[cols] = .9 * m1[cols] + .1 * g
        m2[cols] = .99 * m2[cols] + .01 * g * g
        t = max(1, it // len(langs))
        rate = lr * min(1, it / 50) * (1 - .9 * it / steps)
        W[cols] -= rate * (m1[cols] / (1 - .9 ** t)) / (np.sqrt(m2[cols] / (1 - .99 ** t)) + 1e-6) + pull * rate * (W[cols] - W0[cols])
        acc.append((l, *aux))
        if it % 100 == 0 or it == 1:
            a = np.mean(acc, 0); acc = []
            dev = ""
            for L2 in langs:
                if len(allowed[L2.lang][1]) >= NQ:
                    rr = np.random.default_rng(99)
                    d = [run(L2, allowed[L2.lang][1], rr)[:2] for _ in range(4)]
                    dev += f" | held out {L2.lang} {np.mean([x[1][0] for x in d]):.3f} (char {np.mean([x[1][1] for x in d]):.3f})"
            say(f"  tune {it}: loss {a[0]:.3f} top-1 {a[1]:.3f} (char {a[2]:.3f}){dev}")
    return W
