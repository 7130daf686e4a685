"""From company files to Dagster definitions."""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from upath import UPath

from stampli_b1_assets.config.loader import LoadedCompany, load_companies
from stampli_b1_assets.config.models import Company
from stampli_b1_assets.defs.acknowledgements import acknowledgement_definitions
from stampli_b1_assets.defs.alerts import hooks_of, run_failure_sensor_of, silence_sensor_of
from stampli_b1_assets.defs.assets import FRAMES, company_assets
from stampli_b1_assets.defs.frames_io_manager import FramesIOManager
from stampli_b1_assets.defs.home import dagster_home
from stampli_b1_assets.defs.jobs import new_files_job, replay_job
from stampli_b1_assets.defs.publications import publication_definitions
from stampli_b1_assets.defs.resources import B1SessionResource, WorkplaceResource
from stampli_b1_assets.defs.sensors import file_sensor, replay_sensor

CONFIG_VARIABLE = "STAMPLI_B1_CONFIG"
SENSORS_VARIABLE = "STAMPLI_B1_SENSORS"
EXAMPLE = Path(__file__).parent.parent / "config" / "example.yaml"


def build_defs(
    config_path: Path | None = None,
    *,
    home: Path | None = None,
    resource_overrides: Mapping[str, object] | None = None,
    is_pooled: bool = True,
) -> dg.Definitions:
    """Definitions of every company of `config_path` (default `$STAMPLI_B1_CONFIG`, then `./stampli_b1.yaml`).

    Where there is none yet, those of an example company, so that the lineage can be looked at. `resource_overrides`
    replaces the resources `stampli`, `b1` and `frames`, for tests. `is_pooled`: see `assets.company_assets`.
    """
    path = config_path or default_config_path()
    home = home or dagster_home()
    resources: dict[str, object] = {
        "stampli": WorkplaceResource(config_path=str(path), home=str(home)),
        "b1": B1SessionResource(config_path=str(path), home=str(home)),
        FRAMES: FramesIOManager(UPath(home / "frames")),
    }
    companies = [_company_definitions(company, is_pooled=is_pooled) for company in load_companies(path, os.environ)]
    shared = dg.Definitions(resources={**resources, **(resource_overrides or {})}, executor=dg.in_process_executor)
    return dg.Definitions.merge(shared, *companies)


def default_config_path() -> Path:
    """Where the configuration is, unless told otherwise."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    here = Path("stampli_b1.yaml")
    return here if here.exists() else EXAMPLE


def _company_definitions(loaded: LoadedCompany, *, is_pooled: bool) -> dg.Definitions:
    settings = loaded.settings
    company = settings.company
    new_files, replay = new_files_job(company), replay_job(company)
    hooks = hooks_of(company, settings.alerts)
    flow = dg.Definitions(
        assets=[*_external(settings), *company_assets(settings, hooks, is_pooled=is_pooled)],
        jobs=[new_files, replay],
        sensors=[
            file_sensor(settings, new_files, _sensor_status()),
            replay_sensor(settings, replay, _sensor_status()),
            silence_sensor_of(settings, _sensor_status()),
            run_failure_sensor_of(company, settings.alerts, _sensor_status()),
        ],
    )
    return dg.Definitions.merge(
        flow,
        acknowledgement_definitions(settings, hooks, _sensor_status()),
        publication_definitions(settings, hooks, dg.DefaultScheduleStatus(_sensor_status().value)),
    )


def _sensor_status() -> dg.DefaultSensorStatus:
    """Sensors and schedules start stopped, for a person to start them in the UI; see `STAMPLI_B1_SENSORS`."""
    is_running = os.environ.get(SENSORS_VARIABLE, "").lower() == "running"
    return dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED


def _external(settings: Company) -> list[dg.AssetSpec]:
    """Both ends of the lineage: Stampli's outbox, and SAP's general ledger."""
    company = settings.company
    return [
        dg.AssetSpec(
            [company, "stampli_outbox"],
            group_name=company,
            kinds={"sftp"},
            description=f"Stampli's outbound folder {settings.stampli.outbound_dir} on SFTP.",
        ),
        dg.AssetSpec(
            [company, "b1_general_ledger"],
            group_name=company,
            kinds={"sap"},
            deps=[dg.AssetKey([company, "posted_journal_entries"])],
            description=f"The general ledger of {settings.b1.company_db} in SAP Business One.",
        ),
    ]
