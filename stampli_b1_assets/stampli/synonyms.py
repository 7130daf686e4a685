"""Other labels under which exports carry Stampli's fields; only for proposals, never for reading."""

from stampli_b1_assets.stampli.kinds import FIELDS, FileKind
from stampli_b1_assets.stampli.text import word_key

_INVOICES = {
    "company_id": "company id, tenant id",
    "company_code": "company, entity, subsidiary, mandant, buchungskreis, firma",
    "stampli_id": "stampli id, invoice id, internal id, document id, beleg-id, belegid",
    "type": "type, document type, doc type, belegart, art",
    "number": "invoice #, invoice no, invoice no., number, vendor invoice number, rechnungsnr., "
    "rechnungsnummer, belegnr.",
    "vendor_id": "vendor code, vendor no, vendor number, supplier id, supplier code, kreditor, "
    "kreditorennummer, lieferantennr.",
    "vendor_name": "vendor, supplier, supplier name, name, lieferant, kreditorname",
    "invoice_date": "date, document date, doc date, rechnungsdatum, belegdatum",
    "due_date": "due, payment due, fällig, fälligkeit, fällig am",
    "posting_date": "gl date, accounting date, period date, buchungsdatum",
    "currency": "currency code, ccy, währung",
    "total": "total, amount, invoice total, total amount, gross amount, total to be paid, brutto, betrag, bruttobetrag",
    "tax": "tax, vat, tax total, vat amount, sales tax, mwst, ust, steuer, steuerbetrag",
    "po_number": "po, purchase order, po no, order number, bestellung, bestellnummer",
    "status": "status, approval status, state, freigabestatus",
    "authorized_by": "approved by, approver, authorizer, freigegeben von",
    "authorized_at": "authorized at, authorized on, approved date, approved at, approval date, freigegeben am",
    "url": "url, link, stampli link",
    "line_number": "line, line no, line number, line id, n, pos, pos., position, zeile",
    "gl_account": "gl, gl code, account, account code, account number, sachkonto, konto",
    "department": "dept, cost center, cost centre, kostenstelle, abteilung",
    "project": "project code, job, projekt",
    "class": "class code, klasse",
    "location": "location code, site, standort, ort",
    "memo": "description, line description, line memo, text, beschreibung, buchungstext",
    "line_amount": "net amount, line net, line total, netto, nettobetrag, zeilenbetrag",
    "tax_code": "vat code, tax rate code, steuerkz., steuerkennzeichen, steuerschlüssel",
    "line_tax_amount": "line tax, line vat",
}
_VENDORS = {
    "vendor_id": "id, vendor code, vendor number, supplier id, kreditor, lieferantennr.",
    "name": "name, vendor, supplier, supplier name, lieferant",
    "status": "state, vendor status",
    "tax_id": "tax number, vat id, vat number, ein, ust-idnr.",
    "email": "e-mail, mail, email address",
    "phone": "telephone, tel, telefon",
    "street": "address, address line 1, street, strasse, straße",
    "city": "town, ort, stadt",
    "state": "region, province, bundesland",
    "postal_code": "zip, zip code, postcode, plz",
    "country": "country code, land",
    "modified_at": "modified, updated, last updated, changed at, geändert am",
}
_PAYMENTS = {
    "payment_id": "payment no, payment number, zahlungsnr.",
    "payment_date": "paid on, paid date, zahldatum, zahlungsdatum",
    "method": "payment method, type, zahlart",
    "amount": "total, amount, paid amount, betrag",
    "bank_account": "account, bank, bankkonto",
    "trace": "check number, trace number, reference, schecknr.",
    "voided_date": "voided, void date, storniert am",
    "stampli_invoice_id": "invoice id, beleg-id",
    "invoice_number": "invoice no, invoice #, rechnungsnr.",
    "applied": "applied, amount applied, angerechnet",
    "discount": "discount taken, cash discount, skonto",
}


def _by_label(kind: FileKind, others: dict[str, str]) -> dict[str, str]:
    """Label without case, blanks and punctuation → field; Stampli's own labels win."""
    own = {word_key(field.label): name for name, field in FIELDS[kind].items()}
    named = {word_key(name): name for name in FIELDS[kind]}
    further = {word_key(label): name for name, labels in others.items() for label in labels.split(", ")}
    return {**further, **named, **own}


FIELD_BY_LABEL = {
    FileKind.INVOICES: _by_label(FileKind.INVOICES, _INVOICES),
    FileKind.VENDORS: _by_label(FileKind.VENDORS, _VENDORS),
    FileKind.PAYMENTS: _by_label(FileKind.PAYMENTS, _PAYMENTS),
}
