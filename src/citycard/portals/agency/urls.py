"""The agencies' addresses. No address holds a name, a number or a member's id."""

from django.urls import path

from citycard.portals.agency import (
    approvals,
    books,
    campaign_lists,
    campaign_wizard,
    campaigns,
    closing,
    devices,
    draws,
    earnings,
    figures,
    hand_moves,
    home,
    partners,
    reconciliation,
    refunds,
    reviews,
    statements,
    systems,
    volunteers,
)

app_name = "agency"

urlpatterns = [
    path("", home.home, name="home"),
    path("reviews/", reviews.queue, name="reviews"),
    path("reviews/<int:part_id>/", reviews.part, name="part"),
    path("reviews/<int:part_id>/papers/<uuid:document_id>/", reviews.document, name="document"),
    path("campaigns/", campaigns.list_campaigns, name="campaigns"),
    path("campaigns/new/", campaign_wizard.start, name="campaign_start"),
    path("campaigns/new/<int:number>/", campaign_wizard.step, name="campaign_step"),
    path("campaigns/new/<int:number>/seen/", campaign_wizard.preview, name="campaign_seen"),
    path("campaigns/new/check/", campaign_wizard.check, name="campaign_check"),
    path("campaigns/<int:campaign_id>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:campaign_id>/change/", campaigns.change, name="campaign_change"),
    path("campaigns/<int:campaign_id>/budget.csv", campaigns.budget_csv, name="budget_csv"),
    path("campaigns/<int:campaign_id>/list.csv", campaign_lists.list_csv, name="list_csv"),
    path(
        "campaigns/<int:campaign_id>/list.csv.sig",
        campaign_lists.list_signature,
        name="list_signature",
    ),
    path("campaigns/<int:campaign_id>/list.xlsx", campaign_lists.list_xlsx, name="list_xlsx"),
    path("campaigns/<int:campaign_id>/earnings/", earnings.upload, name="earnings"),
    path(
        "campaigns/<int:campaign_id>/earnings/sample.csv", earnings.sample, name="earnings_sample"
    ),
    path(
        "campaigns/<int:campaign_id>/earnings/<int:upload_id>/", earnings.uploaded, name="uploaded"
    ),
    path(
        "campaigns/<int:campaign_id>/earnings/<int:upload_id>/answers.csv",
        earnings.answers_csv,
        name="answers_csv",
    ),
    path("campaigns/<int:campaign_id>/draws/new/", draws.announce, name="draw_new"),
    path("draws/<int:draw_id>/", draws.draw, name="draw"),
    path("draws/<int:draw_id>/change/", draws.change, name="draw_change"),
    path("systems/", systems.list_systems, name="systems"),
    path("systems/<int:client_id>/", systems.change, name="system"),
    path("figures/", figures.figures, name="figures"),
    path("figures/figures.csv", figures.figures_csv, name="figures_csv"),
    path("devices/", devices.list_devices, name="devices"),
    path("devices/<int:device_id>/", devices.change, name="device"),
    path("approvals/", approvals.list_approvals, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.approval, name="approval"),
    path("approvals/<int:proposal_id>/decide/", approvals.decide, name="approval_decide"),
    path("volunteers/", volunteers.list_shifts, name="volunteers"),
    path("volunteers/new/", volunteers.enter, name="volunteer_new"),
    path("volunteers/<int:shift_id>/", volunteers.shift, name="volunteer_shift"),
    path("volunteers/<int:shift_id>/correct/", volunteers.correct, name="volunteer_correct"),
    path("reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("reconciliation/<int:difference_id>/", reconciliation.difference, name="difference"),
    path("partners/", partners.partners, name="partners"),
    path("refunds/", refunds.list_runs, name="refunds"),
    path("refunds/new/", refunds.new, name="refund_new"),
    path("refunds/<int:run_id>/", refunds.run, name="refund"),
    path("refunds/<int:run_id>/change/", refunds.change, name="refund_change"),
    path("refunds/<int:run_id>/results.csv", refunds.results_csv, name="refund_results"),
    path("books/", books.overview, name="books"),
    path("books/trial-balance/", books.trial_balance, name="trial_balance"),
    path(
        "books/trial-balance/file.<str:ending>", books.trial_balance_file, name="trial_balance_file"
    ),
    path("books/outstanding/", books.liability, name="liability"),
    path("books/move/", hand_moves.propose_move, name="hand_move"),
    path("books/signing-key.pem", books.signing_key, name="signing_key"),
    path("books/<str:month>/", closing.month, name="month"),
    path("books/<str:month>/propose/", closing.propose, name="month_propose"),
    path("books/<str:month>/<int:version>/<str:name>", closing.month_file, name="month_file"),
    path(
        "books/<str:month>/<int:version>/<str:party>/<str:name>",
        closing.statement_file,
        name="statement_file",
    ),
    path("statement/", statements.statement, name="statement"),
    path("statement/statement.csv", statements.statement_csv, name="statement_csv"),
]
