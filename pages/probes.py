"""Gallery of probes: what each is for, an example, its validity, its effect in a run."""

from __future__ import annotations

import streamlit as st

from medaudit.gallery import families, fits
from medaudit.ui.estimating import panels, titles
from medaudit.ui.gallery import case_names, family_name, gallery_card, unasked
from medaudit.ui.parts import empty, heading, note
from medaudit.ui.seeing import results_of
from medaudit.ui.session import store
from medaudit.ui.text import shown

run = heading("Probes")
names = families()
asked = st.query_params.get("family")
family = st.pills(
    "Family", names, default=asked if asked in names else names[0], format_func=family_name
)
family = family or names[0]
st.query_params["family"] = family
cases = case_names()
case = st.selectbox(
    "Example case", [None, *cases], format_func=lambda c: cases.get(c, "One that each probe fits")
)
rows = fits(family)
made, valid = sum(row.n_variants for row in rows), sum(row.n_valid for row in rows)
st.html(
    f'<p class="ma-lead">{shown(str(len(rows)))} probes of this family make {made} variants of the '
    f"{rows[0].n_cases} cases of the bank at the dose of a suite; {valid} pass every check.</p>"
)
note(
    "A probe rewrites a case and leaves its medicine as it is, or declares what it changes. Checks "
    "by rule: essential facts, numbers, units, doses and negations are kept, nothing but the "
    "declared words differs. Whether a variant still is the same story, clinicians say in review."
)
if run is None:
    empty("No run yet. What a probe does to a system stands here after:", "medaudit demo")
open_to = run if run is not None and results_of(run) else None
found, named = (panels(open_to, "probe"), titles(open_to)) if open_to is not None else ((), {})
unseen = unasked() if open_to == run else {}
doubts = store().rows("variant_doubts", run=open_to) if open_to is not None else []
for row in rows:
    why = unseen.get(row.probe.name, "not run yet" if open_to == run else "closed while you grade")
    with st.container(border=True):
        gallery_card(row, case, found, named, why, doubts)
