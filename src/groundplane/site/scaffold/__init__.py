"""Writing a new site: plain files with short comments for the person who fills them in."""

from groundplane.site.scaffold.parameters import (
    ScaffoldNetwork,
    ScaffoldNode,
    ScaffoldParameters,
    ScaffoldVip,
    Template,
)
from groundplane.site.scaffold.writing import write_site

__all__ = ["ScaffoldNetwork", "ScaffoldNode", "ScaffoldParameters", "ScaffoldVip", "Template", "write_site"]
