"""The definitions that workspace.yaml names."""

from stampli_b1_assets.defs.build import build_defs

defs = build_defs()
