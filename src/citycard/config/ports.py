"""Which adapter answers for which port."""

from ipaddress import ip_network
from pathlib import Path

from django.conf import settings

from citycard.adapters.account_partner.demo import DemoAccountPartner
from citycard.adapters.account_partner.failing_demo import NoAccountPartner
from citycard.adapters.account_partner.http import HttpAccountPartner
from citycard.adapters.card_company.demo import DemoCardCompany
from citycard.adapters.card_company.demo_loadings import DemoLoadingRecords
from citycard.adapters.card_company.dropped_files import DroppedLoadingFiles
from citycard.adapters.card_company.failing_demo import NoCardCompany, NoLoadingRecords
from citycard.adapters.card_company.http import HttpCardCompany
from citycard.adapters.certificate.demo import DemoCertification
from citycard.adapters.certificate.failing_demo import NoCertificates
from citycard.adapters.demo_registers.book import Book
from citycard.adapters.demo_registers.rehearsing import DemoRegisterDesk
from citycard.adapters.email.demo import DemoMailRelay
from citycard.adapters.email.failing_demo import FailingMailRelay
from citycard.adapters.email.smtp import SmtpRelay
from citycard.adapters.household_registry.changes_gateway import GatewayRegisterChanges
from citycard.adapters.household_registry.demo import DemoHouseholdRegister
from citycard.adapters.household_registry.demo_changes import DemoRegisterChanges
from citycard.adapters.household_registry.dropped_files import (
    DroppedRegisterFiles,
    NoRegisterFiles,
)
from citycard.adapters.household_registry.failing_demo import (
    FailingHouseholdRegister,
    NoRegisterChanges,
)
from citycard.adapters.household_registry.gateway import GatewayHouseholdRegister
from citycard.adapters.ils.books import Books
from citycard.adapters.ils.demo import DemoLibraryDesk
from citycard.adapters.ils.failing_demo import NoLibrarySystem
from citycard.adapters.ils.sip2 import Sip2LibrarySystem
from citycard.adapters.printer.cups import CupsCardPrinter
from citycard.adapters.printer.demo import DemoCardPrinter
from citycard.adapters.printer.failing_demo import NoCardPrinter
from citycard.adapters.printer.switches import Switches
from citycard.adapters.status_registers.demo import DemoStatusRegister
from citycard.adapters.status_registers.failing_demo import FailingStatusRegister
from citycard.adapters.status_registers.gateway import GatewayStatusRegister
from citycard.adapters.text_carrier.demo import DemoTextCarrier
from citycard.adapters.text_carrier.failing_demo import FailingTextCarrier
from citycard.adapters.text_carrier.mitake import MitakeGateway
from citycard.adapters.webhooks.guarding import Network
from citycard.adapters.webhooks.http import HttpWebhooks
from citycard.agencies.ports import WebhookReceivers
from citycard.cards.ports import DemoLibrary, LibrarySystem
from citycard.config import environment
from citycard.identity.ports import (
    CertificateVerifier,
    DemoCards,
    DemoPost,
    EmailSender,
)
from citycard.infra.ports import provide
from citycard.issuing.ports import CardCompany, CardPrinter, DemoOutside
from citycard.notify.ports import TextCarrier
from citycard.people.ports import (
    DemoRegisters,
    HouseholdRegister,
    RegisterChanges,
    RegisterFiles,
    StatusRegister,
)
from citycard.redemptions.ports import AccountPartner, DemoLoadings, LoadingRecords


def provide_adapters(beside: Path) -> None:
    """Introduce every adapter; the environment chooses between the real and the demo one.

    :param beside: where demo systems and print files are kept
    """
    _provide_webhooks()
    if settings.CITYCARD_DEMO:
        _provide_demo_registers(beside / "registers.sqlite")
        _provide_demo_sign_in(beside)
        _provide_demo_issuing(beside)
        _provide_demo_redeeming(beside)
        _provide_demo_library(beside)
        provide(TextCarrier, DemoTextCarrier(beside / "texts.jsonl"), name="text messages")
    else:
        _provide_registers()
        _provide_sign_in()
        _provide_issuing(beside)
        _provide_redeeming()
        _provide_library()
        _provide_text_carrier()


def _provide_webhooks() -> None:
    """A demo's receivers may stand on this machine and speak plain HTTP; others not."""
    named = environment.text("CITYCARD_WEBHOOK_NETWORKS").split(",")
    if settings.CITYCARD_DEMO:
        named += ["127.0.0.0/8", "::1/128"]
    networks: list[Network] = [ip_network(one.strip()) for one in named if one.strip()]
    receivers = HttpWebhooks(networks=networks, plain=settings.CITYCARD_DEMO)
    provide(WebhookReceivers, receivers, name="agencies' systems", timeout_s=100)


def _provide_demo_registers(path: Path) -> None:
    book = Book(path)
    provide(HouseholdRegister, DemoHouseholdRegister(book), name="household register")
    provide(StatusRegister, DemoStatusRegister(book), name="status registers")
    provide(RegisterChanges, DemoRegisterChanges(book), name="register changes", timeout_s=30)
    provide(RegisterFiles, _register_files(), name="register files", timeout_s=60)
    provide(DemoRegisters, DemoRegisterDesk(book), name="demo registers", timeout_s=60)


def _register_files() -> RegisterFiles:
    directory = environment.text("CITYCARD_FEED_FILES")
    key = environment.text("CITYCARD_FEED_KEY")
    if not directory:
        return NoRegisterFiles()
    return DroppedRegisterFiles(Path(directory), Path(key) if key else None)


def _provide_demo_sign_in(beside: Path) -> None:
    relay = DemoMailRelay(beside / "mail.jsonl")
    certification = DemoCertification(beside / "authority.pem")
    provide(EmailSender, relay, name="e-mail")
    provide(DemoPost, relay, name="demo post")
    provide(CertificateVerifier, certification, name="citizen certificate")
    provide(DemoCards, certification, name="demo cards")


def _provide_registers() -> None:
    """Without a gateway registers refuse, and applications wait visibly for a person."""
    url = environment.text("CITYCARD_GATEWAY_URL").rstrip("/")
    token = environment.text("CITYCARD_GATEWAY_TOKEN")
    household: HouseholdRegister = FailingHouseholdRegister()
    status: StatusRegister = FailingStatusRegister()
    changes: RegisterChanges = NoRegisterChanges()
    if url:
        changes = GatewayRegisterChanges(url, token)
        household = GatewayHouseholdRegister(f"{url}/household", token)
        status = GatewayStatusRegister(f"{url}/status", token)
    provide(HouseholdRegister, household, name="household register", timeout_s=15)
    provide(StatusRegister, status, name="status registers", timeout_s=15)
    provide(RegisterChanges, changes, name="register changes", timeout_s=30)
    provide(RegisterFiles, _register_files(), name="register files", timeout_s=60)


def _provide_sign_in() -> None:
    url, sender = environment.text("CITYCARD_SMTP_URL"), environment.text("CITYCARD_MAIL_FROM")
    relay = SmtpRelay(url, sender) if url else FailingMailRelay()
    provide(EmailSender, relay, name="e-mail", timeout_s=60)
    provide(CertificateVerifier, NoCertificates(), name="citizen certificate")


def _provide_text_carrier() -> None:
    """Without a gateway text messages wait visibly; nobody is charged for one that was not sent."""
    url, login = environment.text("CITYCARD_TEXT_URL"), environment.text("CITYCARD_TEXT_LOGIN")
    carrier = MitakeGateway(url, login) if url else FailingTextCarrier()
    provide(TextCarrier, carrier, name="text messages", timeout_s=60)


def _provide_demo_issuing(beside: Path) -> None:
    switches = Switches(beside / "switches.json")
    printer = DemoCardPrinter(beside / "printed", switches)
    company = DemoCardCompany(beside / "card_company.sqlite", switches)
    provide(CardPrinter, printer, name="card printers", timeout_s=30)
    provide(CardCompany, company, name="card company", timeout_s=15)
    provide(DemoOutside, switches, name="demo printer and company")


def _provide_issuing(beside: Path) -> None:
    queue = environment.text("CITYCARD_PRINTER_QUEUE")
    printer = CupsCardPrinter(queue, beside / "print_jobs") if queue else NoCardPrinter()
    url = environment.text("CITYCARD_CARD_COMPANY_URL")
    token = environment.text("CITYCARD_CARD_COMPANY_TOKEN")
    company = HttpCardCompany(url, token) if url else NoCardCompany()
    provide(CardPrinter, printer, name="card printers", timeout_s=90)
    provide(CardCompany, company, name="card company", timeout_s=30)


def _provide_demo_redeeming(beside: Path) -> None:
    """The demo's company knows what the demo's kiosk, beside the outside, wrote onto its cards."""
    switches = Switches(beside / "switches.json")
    cards = beside.parent / "kiosk" / "cards.db"
    loadings = DemoLoadingRecords(cards, beside / "loadings.sqlite", switches)
    accounts = DemoAccountPartner(beside / "accounts.sqlite", switches)
    provide(LoadingRecords, loadings, name="loading files", timeout_s=60)
    provide(DemoLoadings, loadings, name="demo loadings", timeout_s=60)
    provide(AccountPartner, accounts, name="account partners", timeout_s=15)


def _provide_redeeming() -> None:
    directory = environment.text("CITYCARD_LOADING_FILES")
    loadings: LoadingRecords = NoLoadingRecords()
    if directory:
        loadings = DroppedLoadingFiles(Path(directory))
    url = environment.text("CITYCARD_ACCOUNT_PARTNER_URL")
    token = environment.text("CITYCARD_ACCOUNT_PARTNER_TOKEN")
    accounts: AccountPartner = HttpAccountPartner(url, token) if url else NoAccountPartner()
    provide(LoadingRecords, loadings, name="loading files", timeout_s=300)
    provide(AccountPartner, accounts, name="account partners", timeout_s=30)


def _provide_demo_library(beside: Path) -> None:
    desk = DemoLibraryDesk(Books(beside / "library.sqlite"))
    provide(LibrarySystem, desk, name="library system")
    provide(DemoLibrary, desk, name="demo library", timeout_s=60)


def _provide_library() -> None:
    address = environment.text("CITYCARD_LIBRARY_SIP2")
    system = Sip2LibrarySystem(address) if address else NoLibrarySystem()
    provide(LibrarySystem, system, name="library system")
