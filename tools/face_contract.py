"""An import-linter contract: contexts may be entered only through named public modules."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class FaceContract(Contract):
    """Contexts are entered only through `public` modules (api, events, ports)."""

    contexts: Any = fields.ListField(subfield=fields.StringField())
    public: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find every import of a context's inside from outside it."""
        root = self.session_options["root_packages"][0]
        broken: list[str] = []
        for context in self.contexts:
            package = f"{root}.{context}"
            if package in graph.modules:  # else it isn't built yet
                broken += self._trespassers(graph, package)
        return ContractCheck(kept=not broken, metadata={"broken": sorted(broken)})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name importer and what it imported, a line each."""
        for line in check.metadata["broken"]:
            output.print_error(f"- {line}")

    def _trespassers(self, graph: ImportGraph, package: str) -> list[str]:
        found = []
        for inside in {package} | graph.find_descendants(package):
            if inside.removeprefix(package).lstrip(".").split(".")[0] in self.public:
                continue
            found += [
                f"{importer} -> {inside}"
                for importer in graph.find_modules_that_directly_import(inside)
                if importer != package and not importer.startswith(f"{package}.")
            ]
        return found
