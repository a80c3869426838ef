"""The processes that serve this deployment: what they use, what they run, and how it was.

Each process says of itself what it does (shared/repositories/processes.py). Power and temperatures mean nothing on a
rented machine: those are the constants of a cool one on the mains, because the console cannot do without them.
"""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from metrics_api.controls import refuse
from metrics_api.models import models_of
from metrics_api.processes import SILENT_S, present, running
from shared.api import Access, PerClient, Request, Routes
from shared.clock import iso, utc_now
from shared.logging import get_logger
from shared.repositories.processes import SAMPLE_S, Grain, Process, ProcessRepository, Span

routes = Routes("metrics")

POWER: Final[dict[str, float | bool]] = {
    "current_battery_draw_w": 0.0,
    "avg_battery_draw_w": 0.0,
    "battery_percent": 100.0,
    "battery_charging": True,
    "estimated_service_power_w": 0.0,
}
THERMAL: Final[dict[str, float | str]] = {
    "pressure": "nominal",
    "pressure_level": 0,
    "cpu_temp_c": 0.0,
    "gpu_temp_c": 0.0,
    "fan_speed_rpm": 0,
}
_COOL: Final[dict[str, float]] = {
    "avg_battery_draw_w": 0.0,
    "max_battery_draw_w": 0.0,
    "min_battery_percent": 100.0,
    "max_battery_percent": 100.0,
    "avg_thermal_level": 0.0,
    "max_thermal_level": 0,
    "avg_cpu_temp_c": 0.0,
    "max_cpu_temp_c": 0.0,
}
_MIB: Final = 1 << 20


class DaysBack(Struct, frozen=True):
    """How far back."""

    days: Annotated[int, Meta(ge=1, le=400)] = 7


class Diagnostic(Struct, frozen=True):
    """How much this process logs: `enabled` when everything is, down to the details of each step."""

    status: str
    enabled: bool
    level: str


class HistoryAnswer(Struct, frozen=True):
    """Hours or days, the oldest first: once as the console reads them, once as the Android app does."""

    history: list[dict[str, Any]]
    count: int
    days_requested: int
    period: str
    data: list[dict[str, Any]]


@routes.get("/api/metrics/system", access=Access.CLIENT)
@routes.get("/api/system/metrics", access=Access.CLIENT)
def get_system(request: Request) -> dict[str, Any]:
    """Return what the processes use at present."""
    processes, sessions = present(request)
    return _metrics(processes, sessions)


@routes.get("/api/system/snapshot", access=Access.CLIENT)
def get_snapshot(request: Request) -> PerClient:
    """Return health, use, services and models in one answer."""
    processes, sessions = present(request)
    services = [_service(process) for process in processes]
    common = {
        "health": {"status": "healthy"},
        "metrics": _metrics(processes, sessions),
        "models": models_of(processes),
    }
    return PerClient(
        {**common, "services": {service["id"]: service for service in services}}, {**common, "services": services}
    )


@routes.get("/api/system/history/hourly", access=Access.CLIENT)
def get_hours(request: Request, query: DaysBack) -> HistoryAnswer:
    """Return the hours of the last days."""
    return _history(request, "hour", query.days)


@routes.get("/api/system/history/daily", access=Access.CLIENT)
def get_days(request: Request, query: DaysBack) -> HistoryAnswer:
    """Return the last days."""
    return _history(request, "day", query.days)


@routes.get("/api/system/history/summary", access=Access.CLIENT)
def get_history_summary(request: Request) -> dict[str, Any]:
    """Return today, yesterday and this week; a span nothing is known of is left out."""
    with request.unit() as unit:
        found = ProcessRepository(unit).history("day", days=400)
    days = found.result
    today = utc_now().date()
    by_age = {(today - day.starts_at.date()).days: _day(day) for day in days}
    week = [day for day in days if (today - day.starts_at.date()).days < 7]
    answer: dict[str, Any] = {
        "total_days_tracked": len(days),
        "total_hours_tracked": sum(day.samples for day in days) * SAMPLE_S // 3600,
    }
    answer |= {name: by_age[age] for age, name in enumerate(("today", "yesterday")) if age in by_age}
    if week:
        answer["this_week"] = {
            "days_recorded": len(week),
            "avg_cpu_percent": round(sum(day.cpu_average for day in week) / len(week), 1),
            "total_requests": sum(day.requests for day in week),
            "max_thermal_level": 0,
        }
    if days:
        answer["oldest_record"] = iso(days[0].starts_at)
    return answer


@routes.get("/api/system/power/history", access=Access.CLIENT)
def get_power_history(request: Request) -> dict[str, Any]:
    """Return no records: a rented machine tells nothing of its power."""
    request.admit()
    return {"history": [], "count": 0}


@routes.get("/api/system/processes/history", access=Access.CLIENT)
def get_process_history(request: Request, query: DaysBack) -> dict[str, Any]:
    """Return each service's share of the CPU by the hour."""
    with request.unit() as unit:
        found = ProcessRepository(unit).history("hour", days=query.days)
    history = [{"timestamp": iso(span.starts_at), "services": span.service_cpu} for span in found.result]
    return {"history": history, "count": len(history)}


@routes.get("/api/system/diagnostic", access=Access.CLIENT)
def get_diagnostic(request: Request) -> Diagnostic:
    """Tell how much is logged."""
    request.admit()
    level = get_logger("metrics").level
    return Diagnostic(status="ok", enabled=level == "DEBUG", level=level)


@routes.post("/api/system/diagnostic", access=Access.CLIENT)
@routes.post("/api/system/diagnostic/toggle", access=Access.CLIENT)
def set_diagnostic(request: Request) -> None:
    """Refuse: how much is logged is a setting of the deployment."""
    refuse(request, "change how much is logged", "that is a setting of the deployment, UNAMENTIS_LOG_LEVEL")


@routes.get("/api/services", access=Access.CLIENT)
def list_services(request: Request) -> PerClient:
    """Return the processes that serve, running or ended within a day."""
    processes, _ = present(request)
    services = [_service(process) for process in processes]
    states = [service["status"] for service in services]
    counts = {state: states.count(state) for state in ("running", "stopped", "error")}
    return PerClient({"services": services, "total": len(services), **counts}, services)


@routes.post("/api/services/{service_id}/{verb}", access=Access.CLIENT)
def control_service(request: Request, service_id: str, verb: str) -> None:
    """Refuse: processes are started and stopped where they are deployed."""
    refuse(request, f"{verb} {service_id}", "processes are started and stopped where they are deployed")


@routes.post("/api/services/start-all", access=Access.CLIENT)
def start_all(request: Request) -> None:
    """Refuse: processes are started where they are deployed."""
    refuse(request, "start all", "processes are started and stopped where they are deployed")


@routes.post("/api/services/stop-all", access=Access.CLIENT)
def stop_all(request: Request) -> None:
    """Refuse: processes are stopped where they are deployed."""
    refuse(request, "stop all", "processes are started and stopped where they are deployed")


def _metrics(processes: list[Process], sessions: int) -> dict[str, Any]:
    alive = running(processes)
    cpu = round(max((process.host_cpu_percent for process in alive), default=0.0), 1)
    return {
        "timestamp": utc_now().timestamp(),
        "power": POWER,
        "thermal": THERMAL,
        "cpu": {
            "total_percent": cpu,
            "by_service": {process.service: round(process.cpu_percent, 1) for process in alive},
        },
        "services": {process.id: _use(process) for process in alive},
        "history_minutes": 0,
        "cpu_percent": cpu,
        "memory_percent": round(max((process.host_memory_percent for process in alive), default=0.0), 1),
        "memory_used_bytes": sum(process.memory_bytes for process in alive),
        "disk_percent": round(max((process.disk_percent for process in alive), default=0.0), 1),
        "active_sessions": sessions,
        "requests_per_minute": sum(process.requests_per_minute for process in alive),
    }


def _use(process: Process) -> dict[str, Any]:
    asked = process.last_request_at
    return {
        "service_id": process.id,
        "service_name": process.service,
        "status": _state(process),
        "cpu_percent": round(process.cpu_percent, 1),
        "memory_mb": round(process.memory_bytes / _MIB, 1),
        "gpu_memory_mb": 0,
        **({} if asked is None else {"last_request_time": asked.timestamp()}),
        "request_count_5m": process.requests_per_minute * 5,
        "model_loaded": bool(process.models),
        "estimated_power_w": 0.0,
    }


def _service(process: Process) -> dict[str, Any]:
    uptime = int((process.sampled_at - process.started_at).total_seconds())
    return {"id": process.id, "name": process.service, "status": _state(process), "uptime": uptime}


def _state(process: Process) -> str:
    return "running" if process.seconds_silent < SILENT_S else "stopped"


def _history(request: Request, grain: Grain, days: int) -> HistoryAnswer:
    with request.unit() as unit:
        found = ProcessRepository(unit).history(grain, days=days)
    told = _hour if grain == "hour" else _day
    return HistoryAnswer(
        history=[told(span) for span in found.result],
        count=len(found.result),
        days_requested=days,
        period="hourly" if grain == "hour" else "daily",
        data=[
            {
                "timestamp": iso(span.starts_at),
                "cpu_percent": round(span.cpu_average, 1),
                "memory_percent": round(span.memory_average, 1),
                "requests": span.requests,
            }
            for span in found.result
        ],
    )


def _span(span: Span) -> dict[str, Any]:
    return {
        **_COOL,
        "avg_cpu_percent": round(span.cpu_average, 1),
        "max_cpu_percent": round(span.cpu_most, 1),
        "service_cpu_avg": {name: round(cpu["average"], 1) for name, cpu in span.service_cpu.items()},
        "service_cpu_max": {name: round(cpu["most"], 1) for name, cpu in span.service_cpu.items()},
        "total_requests": span.requests,
        "total_inferences": span.inferences,
        "sample_count": span.samples,
    }


def _hour(span: Span) -> dict[str, Any]:
    return {"hour": iso(span.starts_at), "idle_state_seconds": _idle(span), **_span(span)}


def _idle(span: Span, *, per: int = 1) -> dict[str, float]:
    """Return how long the processes rested in each state, one beside the other, in units of so many seconds."""
    spent: dict[str, float] = {}
    for states in span.service_idle.values():
        for state, seconds in states.items():
            spent[state] = spent.get(state, 0.0) + seconds
    return {state: round(seconds / per, 1) for state, seconds in spent.items()}


def _day(span: Span) -> dict[str, Any]:
    hours = round(span.samples * SAMPLE_S / 3600, 1)
    return {
        "date": span.starts_at.date().isoformat(),
        "thermal_events_count": 0,
        "active_hours": hours,
        "idle_state_hours": _idle(span, per=3600),
        "hours_aggregated": hours,
        **_span(span),
    }
