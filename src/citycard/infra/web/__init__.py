"""The look and manners of every door: tokens and components, page shells, forms, charts, icons,
refusals turned into pages, languages, themes. It knows no context and no city; portals build on
it."""
