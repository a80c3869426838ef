"""One authenticated read of the packs, as our kb service answers it."""

import os
from collections.abc import Iterator
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from pydantic import BaseModel
from sqlalchemy import String, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=1)


class Base(DeclarativeBase):
    """The twin's tables."""


class Pack(Base):
    """A pack's row."""

    __tablename__ = "packs"
    tenant_id: Mapped[str] = mapped_column(String, primary_key=True)
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str]
    description: Mapped[str]


class PackView(BaseModel):
    """A pack on the wire."""

    id: str
    name: str
    description: str


class PackList(BaseModel):
    """The list's envelope."""

    success: bool
    packs: list[PackView]
    total: int


def caller(authorization: Annotated[str, Header()]) -> str:
    """Verify the token and return its tenant."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "), os.environ["TWIN_PUBLIC_KEY"], algorithms=["EdDSA"], audience="twin"
        )
    except jwt.PyJWTError:
        raise HTTPException(401, "invalid token") from None
    return str(claims["tid"])


def session() -> Iterator[Session]:
    """Open a session for one request."""
    with Session(engine) as opened:
        yield opened


@app.get("/api/kb/packs")
def packs(tenant: Annotated[str, Depends(caller)], db: Annotated[Session, Depends(session)]) -> PackList:
    """List the packs the tenant may read."""
    db.execute(text("SELECT set_config('app.tenant_id', :tenant, true)"), {"tenant": tenant})
    rows = db.scalars(select(Pack).order_by(Pack.name).limit(50)).all()
    views = [PackView(id=row.id, name=row.name, description=row.description) for row in rows]
    return PackList(success=True, packs=views, total=len(views))


handler = Mangum(app, lifespan="off")
