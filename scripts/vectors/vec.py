"""vectors.bin: features, hash, reader, writer. FORMAT.md says the same in words."""
import re
import struct
import unicodedata
import numpy as np

TOKEN = re.compile(r"[^\W_]+")
TABLE = {ord("ä"): "a", ord("å"): "a", ord("ö"): "o"}
MAGIC = b"TSV1"

def tokens(text):
    return TOKEN.findall(unicodedata.normalize("NFC", text).lower())

def fold(word):
    return word.translate(TABLE)

def grams(word, lo=3, hi=6):
    s = "<" + fold(word) + ">"
    out = []
    for n in range(lo, hi + 1):
        for i in range(len(s) - n + 1):
            out.append(s[i:i + n])
    return out

def fnv1a(s):
    h = 0x811C9DC5
    for b in s.encode():
        h = ((h ^ b) * 0x01000193) & 0xFFFFFFFF
    return h

# p(w) of a word that is not in the table
P_UNKNOWN = 1e-7
A = 1e-3

def weight(p):
    return A / (A + p)

def write(path, keys, rows, probs, bits, tag=0):
    """keys: list of feature strings; rows: float32 (n, d); probs: {lang: {word: p}}"""
    n, d = rows.shape
    h = np.array([fnv1a(k) for k in keys], np.uint32)
    order = np.argsort(h, kind="stable")
    h, rows = h[order], rows[order]
    keep = np.ones(n, bool)
    keep[1:] = h[1:] != h[:-1]
    h, rows = h[keep], rows[keep]
    n = len(h)
    if bits == 4:
        # one scale a row: the best of a few clips
        amax = np.abs(rows).max(1) + 1e-12
        best = None
        for c in (0.6, 0.7, 0.8, 0.9, 1.0):
            s = (amax * c / 7).astype(np.float16).astype(np.float32)
            s = np.maximum(s, 1e-7)
            q = np.clip(np.rint(rows / s[:, None]), -8, 7)
            e = ((rows - q * s[:, None]) ** 2).sum(1)
            if best is None:
                best = [s.copy(), q.copy(), e.copy()]
            else:
                m = e < best[2]
                best[0][m], best[1][m], best[2][m] = s[m], q[m], e[m]
        s, q = best[0], (best[1] + 8).astype(np.uint8)
        body = (q[:, 0::2] | (q[:, 1::2] << 4)).astype(np.uint8)
    else:
        amax = np.abs(rows).max(1) + 1e-12
        s = np.maximum((amax / 127).astype(np.float16).astype(np.float32), 1e-7)
        body = np.clip(np.rint(rows / s[:, None]), -127, 127).astype(np.int8)
    with open(path, "wb") as f:
        langs = sorted(probs)
        f.write(struct.pack("<4sHHIHH", MAGIC, d, bits, n, len(langs), tag))
        f.write(h.astype("<u4").tobytes())
        f.write(s.astype("<f2").tobytes())
        f.write(body.tobytes())
        for l in langs:
            ps = sorted((fnv1a("=" + w), p) for w, p in probs[l].items())
            f.write(struct.pack("<2sHI", l.encode(), 0, len(ps)))
            f.write(np.array([k for k, _ in ps], "<u4").tobytes())
            f.write(np.array([p for _, p in ps], "<f4").tobytes())
    return n

class Vectors:
    def __init__(self, path):
        b = open(path, "rb").read()
        self.size = len(b)
        magic, d, bits, n, nl, self.tag = struct.unpack_from("<4sHHIHH", b, 0)
        assert magic == MAGIC
        o = 16
        keys = np.frombuffer(b, "<u4", n, o); o += 4 * n
        s = np.frombuffer(b, "<f2", n, o).astype(np.float32); o += 2 * n
        if bits == 4:
            q = np.frombuffer(b, np.uint8, n * d // 2, o).reshape(n, d // 2); o += n * d // 2
            rows = np.empty((n, d), np.float32)
            rows[:, 0::2] = (q & 15).astype(np.float32) - 8
            rows[:, 1::2] = (q >> 4).astype(np.float32) - 8
        else:
            rows = np.frombuffer(b, np.int8, n * d, o).reshape(n, d).astype(np.float32); o += n * d
        rows *= s[:, None]
        self.rows, self.d, self.bits, self.n = rows, d, bits, n
        self.index = {int(k): i for i, k in enumerate(keys)}
        self.p = {}
        for _ in range(nl):
            l, _, m = struct.unpack_from("<2sHI", b, o); o += 8
            k = np.frombuffer(b, "<u4", m, o); o += 4 * m
            p = np.frombuffer(b, "<f4", m, o); o += 4 * m
            self.p[l.decode()] = {int(a): float(c) for a, c in zip(k, p)}
        assert o == len(b)
        self.cache = {}

    def vector(self, word, lang=None):
        v = self.cache.get((word, lang))
        if v is None:
            t = lang + ":" if self.tag else ""
            v = np.zeros(self.d, np.float32)
            i = self.index.get(fnv1a(t + "=" + word))
            if i is not None:
                v += self.rows[i]
            g = [self.index[k] for k in (fnv1a(t + x) for x in grams(word)) if k in self.index]
            if g:
                v += self.rows[g].sum(0) / np.sqrt(len(g))
            self.cache[word, lang] = v
        return v

    def a(self, word, lang):
        return weight(self.p[lang].get(fnv1a("=" + word), P_UNKNOWN))
