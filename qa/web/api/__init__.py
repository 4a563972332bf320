"""The REST service: ``app`` puts it together, ``problems`` says every error, and each noun has a module with a router.

A router is made by ``router(api: Api) -> APIRouter`` and named once, in ``app.ROUTERS``; its models stand in
``schemas``, its blocking calls go through ``api.threads``. What takes JSON depends on ``JSON_BODY``, and what needs
models does so ``with needing_models()``.
"""
