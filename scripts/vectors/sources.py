"""General phrases for fi and sv out of pinned packages under permissive licences."""
import gzip, glob, io, json, os, re, subprocess, sys, tarfile, zipfile

PYPI = {
    "homeassistant": "2024.3.3",            # Apache-2.0
    "home-assistant-frontend": "20250109.2",  # Apache-2.0
    "django": "5.2.19",                     # BSD-3-Clause
}
NPM = {
    "@openstreetmap/id-tagging-schema": "7.2.0",  # ISC
    "cldr-annotations-full": "48.2.0",      # Unicode-3.0
    "cldr-annotations-derived-full": "48.2.0",  # Unicode-3.0
    "matrix-react-sdk": "3.90.0",           # Apache-2.0
}

def download(folder):
    os.makedirs(folder, exist_ok=True)
    files = {}
    for name, version in PYPI.items():
        pat = os.path.join(folder, f"{name.replace('-', '_')}-{version}-*.whl")
        if not glob.glob(pat):
            print(f"  downloading {name} {version} from PyPI", flush=True)
            subprocess.check_call([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder,
                                   f"{name}=={version}", "--disable-pip-version-check", "--python-version", "3.12", "--only-binary", ":all:"])
        files[name] = glob.glob(pat)[0]
    for name, version in NPM.items():
        f = os.path.join(folder, f"{name.lstrip('@').replace('/', '-')}-{version}.tgz")
        if not os.path.exists(f):
            print(f"  downloading {name} {version} from npm", flush=True)
            subprocess.check_call(["npm", "pack", "-s", f"{name}@{version}"], cwd=folder, stdout=subprocess.DEVNULL)
        files[name] = f
    return files

def leaves(x, path=()):
    if isinstance(x, dict):
        for k, v in x.items():
            yield from leaves(v, path + (k,))
    elif isinstance(x, list):
        for i, v in enumerate(x):
            yield from leaves(v, path + (i,))
    elif isinstance(x, str):
        yield path, x

def read_tgz(f, member):
    with tarfile.open(f) as t:
        return json.load(t.extractfile(member))

def po_strings(text):
    msgs = re.findall(r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', text, re.M)
    for m in msgs[1:]:
        s = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', m))
        yield s.replace("\\n", " ").replace('\\"', '"')

CLEAN = [
    (re.compile(r"https?://\S+"), " "), (re.compile(r"<[^>]*>"), " "),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"), (re.compile(r"\[%key:[^\]]*%\]"), " "),
    (re.compile(r"\{[^{}]*\}"), " "), (re.compile(r"\{[^{}]*\}"), " "), (re.compile(r"%\(\w+\)[sd]|%[sd]|\$\w+"), " "), (re.compile(r"`[^`]*`"), " "),
]

def clean(s):
    for r, w in CLEAN:
        s = r.sub(w, s)
    return s

def raw(files, lang):
    """(source, string) pairs; a string equal to the English one is left out."""
    z = zipfile.ZipFile(files["homeassistant"])
    for n in sorted(z.namelist()):
        if n.endswith(f"translations/{lang}.json"):
            en = {}
            e = n[:-7] + "en.json"
            if e in z.namelist():
                en = dict(leaves(json.loads(z.read(e))))
            for p, s in leaves(json.loads(z.read(n))):
                if en.get(p) != s:
                    yield "homeassistant", s
    z = zipfile.ZipFile(files["home-assistant-frontend"])
    names = sorted(z.namelist())
    for n in names:
        m = re.match(rf"(.*/static/translations/(?:.*/)?){lang}-[0-9a-f]+\.json$", n)
        if m:
            en = {}
            for e in names:
                if re.match(re.escape(m[1]) + r"en-[0-9a-f]+\.json$", e):
                    en = dict(leaves(json.loads(z.read(e))))
            for p, s in leaves(json.loads(z.read(n))):
                if en.get(p) != s:
                    yield "home-assistant-frontend", s
    z = zipfile.ZipFile(files["django"])
    for n in sorted(z.namelist()):
        if re.search(rf"/locale/{lang}/.*\.po$", n):
            for s in po_strings(z.read(n).decode()):
                yield "django", s
    f = files["@openstreetmap/id-tagging-schema"]
    en = dict((p[1:], s) for p, s in leaves(read_tgz(f, "package/dist/translations/en.json")))
    for p, s in leaves(read_tgz(f, f"package/dist/translations/{lang}.json")):
        if en.get(p[1:]) != s:
            if p[-1] in ("terms", "aliases"):
                for t in re.split(r"[,\n]", s):
                    yield "id-tagging-schema", t
            else:
                yield "id-tagging-schema", s
    for name, folder in (("cldr-annotations-full", "annotations"), ("cldr-annotations-derived-full", "annotationsDerived")):
        top = read_tgz(files[name], f"package/{folder}/{lang}/annotations.json")[folder]["annotations"]
        for k, v in top.items():
            if re.search("[\U0001F3FB-\U0001F3FF]", k):
                continue
            yield name, " ".join(v.get("default", []))
            for t in v.get("default", []) + v.get("tts", []):
                yield name, t
    en = {}
    for p, s in leaves(read_tgz(files["matrix-react-sdk"], f"package/src/i18n/strings/{lang}.json")):
        yield "matrix-react-sdk", s

def phrases(files, lang, tokens, english):
    """Distinct phrases of 1-12 words in a fixed order; with their source."""
    seen, out = set(), []
    for src, s in raw(files, lang):
        for part in re.split(r"(?<=[.!?:])\s+|\n+|\s[-–—]\s", clean(s)):
            w = tokens(part)
            w = [x for x in w if not x.isdigit() or len(x) <= 3]
            if not w or len(w) == 1 and len(w[0]) < 3:
                continue
            if sum(x in english for x in w) >= max(1, .35 * len(w)):
                continue
            for i in range(0, len(w), 12):
                c = w[i:i + 12]
                if i and len(c) < 3:
                    continue
                t = " ".join(c)
                if t not in seen:
                    seen.add(t)
                    out.append((src, t))
    return out

ENGLISH = set("the of and to is this your you with for not be are an by or it that from on if can will has was have use your please device which when no".split()) - {"on", "no", "has", "or", "for", "an"}

def wordlist(path, n):
    """Words with p by Zipf's law over the rank (equal steps share their mean) from an AOSP .combined list."""
    ok = re.compile(r"^[a-zåäöéšžü]+$")
    d = {}
    with gzip.open(path, "rt") as f:
        for line in f:
            m = re.match(r" word=([^,]*),f=(\d+)", line)
            if m:
                w = m[1].lower()
                if ok.match(w) and 2 <= len(w) <= 30 or w in ("å", "i", "ö"):
                    d[w] = max(d.get(w, 0), int(m[2]))
    s = sorted(d, key=lambda w: (-d[w], w))
    z = [1 / (r + 2.7) for r in range(1, len(s) + 1)]
    tot = sum(z)
    group = {}
    for w, x in zip(s, z):
        g = group.setdefault(d[w], [0, 0])
        g[0] += x; g[1] += 1
    return {w: group[d[w]][0] / group[d[w]][1] / tot for w in s[:n]}
