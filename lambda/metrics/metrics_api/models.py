"""The models this deployment uses. Its settings choose them, and its vendors keep them, so clients only look."""

from typing import Any

from msgspec import Struct

from metrics_api.controls import refuse
from metrics_api.processes import present, running
from shared.api import Access, PerClient, Request, Routes
from shared.errors import NotFound
from shared.repositories.processes import Process

routes = Routes("metrics")


class Model(Struct, frozen=True):
    """A model that this deployment uses at one stage."""

    id: str
    name: str
    type: str
    server_id: str
    server_name: str
    status: str


@routes.get("/api/models", access=Access.CLIENT)
def list_models(request: Request) -> PerClient:
    """Return the models this deployment uses."""
    processes, _ = present(request)
    models = models_of(processes)
    by_type = {kind: sum(model.type == kind for model in models) for kind in ("llm", "stt", "tts")}
    return PerClient({"models": models, "total": len(models), "by_type": by_type}, models)


@routes.get("/api/models/config", access=Access.CLIENT)
def get_models_config(request: Request) -> dict[str, Any]:
    """Return which models are used at each stage; a second one is what the first falls back to."""
    processes, _ = present(request)
    models = models_of(processes)

    def named(kind: str, *names: str) -> dict[str, str]:
        return dict(zip(names, (model.id for model in models if model.type == kind), strict=False))

    services = {
        "llm": named("llm", "default_model", "fallback_model"),
        "tts": named("tts", "default_provider"),
        "stt": named("stt", "default_model"),
    }
    return {"status": "ok", "config": {"services": services}}


@routes.post("/api/models/config", access=Access.CLIENT)
def set_models_config(request: Request) -> None:
    """Refuse: models are chosen by the settings of the deployment."""
    refuse(request, "choose models", "models are chosen by the settings of the deployment")


@routes.get("/api/models/capabilities", access=Access.CLIENT)
def get_capabilities(request: Request) -> dict[str, Any]:
    """Return what may be done to models from here: nothing but look."""
    request.admit()
    return {"status": "ok", "capabilities": dict.fromkeys(("load", "unload", "pull", "delete", "parameters"), False)}


@routes.post("/api/models/pull", access=Access.CLIENT)
def pull_model(request: Request) -> None:
    """Refuse: models are installed where their server runs."""
    refuse(request, "install a model", "models are installed by whoever runs their server")


@routes.get("/api/models/{model_id+}/parameters", access=Access.CLIENT)
def get_parameters(request: Request, model_id: str) -> dict[str, Any]:
    """Return a model's parameters that clients may set: none.

    Raises: NotFound: this deployment uses no such model.
    """
    processes, _ = present(request)
    if not any(model.id == model_id for model in models_of(processes)):
        raise NotFound(f"no model {model_id} is used here")
    return {"status": "ok", "model": model_id, "parameters": {}}


@routes.post("/api/models/{model_id+}/parameters", access=Access.CLIENT)
def set_parameters(request: Request, model_id: str) -> None:
    """Refuse: a lesson sets what its model is asked with."""
    refuse(request, f"set parameters of {model_id}", "the settings of the deployment and the lesson decide them")


@routes.post("/api/models/{model_id+}/load", access=Access.CLIENT)
def load_model(request: Request, model_id: str) -> None:
    """Refuse: a model is loaded by its server."""
    refuse(request, f"load {model_id}", "a model's server, which is deployed by itself, loads it when it is asked")


@routes.post("/api/models/{model_id+}/unload", access=Access.CLIENT)
def unload_model(request: Request, model_id: str) -> None:
    """Refuse: a model is unloaded by its server."""
    refuse(request, f"unload {model_id}", "a model's server, which is deployed by itself, unloads it")


@routes.delete("/api/models/{model_id+}", access=Access.CLIENT)
def delete_model(request: Request, model_id: str) -> None:
    """Refuse: models are removed where their server runs."""
    refuse(request, f"delete {model_id}", "models are removed by whoever runs the server they are deployed on")


def models_of(processes: list[Process]) -> list[Model]:
    """Return the models of the processes that run, each once, in the order of preference."""
    found: dict[str, Model] = {}
    for process in running(processes):
        for told in process.models:
            model_id = f"{told['server']}:{told['name']}"
            found.setdefault(
                f"{told['type']} {model_id}",
                Model(model_id, told["name"], told["type"], told["server"], told["server"], told["status"]),
            )
    return list(found.values())
