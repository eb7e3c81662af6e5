"""`/kv/{key}` as a FastAPI service with a dict, behind uvicorn: fastapi_service.py PORT. Answers skip the encoder for arbitrary objects, which they do not need."""

import sys
from typing import Any, Optional

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Entry(BaseModel):
    value: Any
    ttl: Optional[int] = None


app = FastAPI()
store: dict = {}


@app.get("/kv/{key:path}")
async def read(key: str):
    if key not in store:
        return JSONResponse({"error": "key not found"}, status_code=404)
    return JSONResponse({"value": store[key]})


@app.put("/kv/{key:path}")
async def write(key: str, entry: Entry):
    store[key] = entry.value
    return JSONResponse({"success": True})


# uvicorn takes uvloop and httptools by itself where they are installed.
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
