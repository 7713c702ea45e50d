"""A table that sorts, with the looks of the app; the cells with shapes are drawn by assets/grid.js."""

import json
from typing import Any

import dash_ag_grid as dag

LOOKS = {
    "backgroundColor": "var(--panel)",
    "foregroundColor": "var(--text)",
    "headerBackgroundColor": "var(--sunken)",
    "headerTextColor": "var(--muted)",
    "headerFontWeight": 500,
    "borderColor": "var(--line)",
    "rowBorder": "1px solid var(--line)",
    "rowHoverColor": "var(--hover)",
    "selectedRowBackgroundColor": "var(--accent-soft)",
    "accentColor": "var(--accent)",
    "fontFamily": "var(--font)",
    "fontSize": 12.5,
    "cellHorizontalPadding": 10,
    "wrapperBorderRadius": "6px",
    "tooltipBackgroundColor": "var(--raised)",
    "tooltipTextColor": "var(--text)",
}
COMPACT = {
    "rowHeight": 36,
    "headerHeight": 34,
    "animateRows": False,
    "suppressCellFocus": True,
    "enableCellTextSelection": True,
}


def grid(
    id: str,  # noqa: A002  # the name of the property that it becomes
    columns: list[dict[str, Any]],
    *,
    empty: str,
    height: str = "100%",
    selected: str | None = None,
) -> dag.AgGrid:
    """A grid of rows that have an `id`; one can be selected, and stays selected when the rows are renewed."""
    return dag.AgGrid(
        id=id,
        columnDefs=columns,
        rowData=[],
        getRowId="params.data.id",
        selectedRows={"ids": [selected]} if selected else [],
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True},
        className="lab-grid",
        style={"height": height, "width": "100%"},
        dashGridOptions={
            **COMPACT,
            "theme": {"function": f"themeQuartz.withParams({json.dumps(LOOKS)})"},
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "localeText": {"noRowsToShow": empty},
        },
    )
