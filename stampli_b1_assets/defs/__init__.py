"""All of Dagster: assets, checks, hooks, sensors, resources, IO manager, jobs, and how they become definitions.

What belongs here: Dagster's side of a cycle, thin around `pipeline`. What does not: anything that could run without
Dagster; an accounting rule, a request or a query in an asset is in the wrong place.
Names: asset keys are `[company, noun]`, sensors and jobs `{company}_{what}`, partitions `{company}_files`.
"""

import warnings

# Range runs and partitioned checks are beta and preview in Dagster 1.13; they are used on purpose, and pinned.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")
warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")
