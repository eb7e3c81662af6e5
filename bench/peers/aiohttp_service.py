"""`/kv/{key}` as an aiohttp service with a dict, on uvloop where it is installed: aiohttp_service.py PORT."""

import sys

from aiohttp import web

try:
    import uvloop

    uvloop.install()
except ImportError:
    pass

store: dict = {}


async def read(request):
    key = request.match_info["key"]
    if key not in store:
        return web.json_response({"error": "key not found"}, status=404)
    return web.json_response({"value": store[key]})


async def write(request):
    entry = await request.json()
    if "value" not in entry:
        return web.json_response({"error": "'value' is missing"}, status=400)
    store[request.match_info["key"]] = entry["value"]
    return web.json_response({"success": True})


app = web.Application()
app.add_routes([web.get("/kv/{key:.+}", read), web.put("/kv/{key:.+}", write)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
