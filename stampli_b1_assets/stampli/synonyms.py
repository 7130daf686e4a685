"""Other labels under which exports carry Stampli's fields; only for proposals, never for reading."""

from stampli_b1_assets.stampli.kinds import FIELDS, FileKind, Level
from stampli_b1_assets.stampli.text import word_key

_INVOICES = {
    "company_id": "code client stampli, company id, tenant id",
    "company_code": "société, sociedad, bedrijf, legal entity, company, entity, subsidiary, mandant, "
    "buchungskreis, firma",
    "stampli_id": "doc id, bill id, doc key, document key, record id, n° interne, no interne, id interno, "
    "intern nummer, internal ref, stampli id, invoice id, internal id, document id, beleg-id, belegid",
    "type": "doc class, bill type, kind, invoice kind, type de pièce, type de document, tipo, tipo de documento, "
    "soort, type, document type, doc type, belegart, art",
    "number": "inv no, inv nr, inv number, "
    "bill no, bill number, bill ref, supplier ref, supplier invoice no, n° facture, no facture, "
    "numéro de facture, n° de pièce, número de factura, factuurnummer, invoice #, invoice no, invoice no., "
    "number, vendor invoice number, rechnungsnr., rechnung nr., rechnungsnummer, belegnr.",
    "vendor_id": "supplier no, party code, code fournisseur, n° fournisseur, código de proveedor, "
    "leveranciersnummer, crediteur, vendor code, vendor no, vendor number, supplier id, supplier code, kreditor, "
    "kreditorennummer, lieferantennr.",
    "vendor_name": "supplier title, payee, party name, fournisseur, nom fournisseur, proveedor, leverancier, "
    "vendor, supplier, supplier name, name, lieferant, lieferantname, lieferantenname, kreditorname",
    "invoice_date": "bill date, issued, issue date, issued on, dates issued, date facture, date de facture, "
    "date de pièce, fecha, fecha de factura, factuurdatum, date, document date, doc date, rechnungsdatum, "
    "belegdatum",
    "due_date": "payable, payable on, pay by, dates due, échéance, date d'échéance, vencimiento, vervaldatum, "
    "due, payment due, fällig, fälligkeit, fällig am",
    "posting_date": "booked, book date, booking date, dates posted, posted on, date comptable, "
    "date de comptabilisation, fecha contable, boekdatum, gl date, accounting date, period date, buchungsdatum",
    "currency": "money, cur, money currency, devise, moneda, valuta, currency code, ccy, währung",
    "total": "gross, total incl. vat, total incl. tax, amount due, montant ttc, total ttc, importe total, totaal, "
    "bedrag incl. btw, total, amount, invoice total, total amount, gross amount, total to be paid, brutto, "
    "betrag, bruttobetrag",
    "tax": "tax sum, vat total, total vat, montant tva, tva, iva, btw, btw-bedrag, tax, vat, tax total, "
    "vat amount, sales tax, mwst, ust, steuer, steuerbetrag",
    "exchange_rate": "rate, fx rate, currency rate, kurs, wechselkurs, umrechnungskurs, taux, taux de change, "
    "tipo de cambio, wisselkoers",
    "po_number": "bon de commande, n° commande, pedido, bestelnummer, po, purchase order, po no, order number, "
    "bestellung, bestellnummer",
    "status": "stage, approval, statut, état, estado, status, approval status, state, freigabestatus",
    "authorized_by": "approved by, approver, authorizer, freigegeben von",
    "authorized_at": "authorized at, authorized on, approved date, approved at, approval date, freigegeben am",
    "url": "url, link, stampli link",
    "line_number": "position no, post no, line id, item no, ligne, n° ligne, línea, regel, regelnummer, line, line no, "
    "line number, n, pos, pos., position, zeile",
    "gl_account": "ledger code, ledger account, nominal, nominal code, compte, compte général, cuenta, "
    "cuenta contable, grootboekrekening, gl, gl code, account, account code, account number, sachkonto, konto",
    "department": "cost object, centre de coût, centre de coûts, centro de coste, kostenplaats, afdeling, dept, "
    "cost center, cost centre, kostenstelle, abteilung",
    "project": "projet, proyecto, project no, project code, job, projekt",
    "class": "class code, klasse",
    "location": "site code, lieu, établissement, ubicación, locatie, location code, site, standort, ort",
    "memo": "narrative, wording, note, comment, libellé, concepto, descripción, omschrijving, description, "
    "line description, line memo, text, beschreibung, buchungstext",
    "line_amount": "net, amount net, amount incl. vat, amount incl. tax, montant ht, montant ligne, importe, "
    "importe neto, bedrag excl. btw, regelbedrag, net amount, line net, line total, netto, nettobetrag, "
    "zeilenbetrag",
    "tax_code": "levy, tax key, code tva, código iva, btw-code, vat code, tax rate code, steuerkz., "
    "steuerkennzeichen, steuerschlüssel",
    "line_tax_amount": "vat in line, line vat amount, tva ligne, line tax, line vat",
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


_GENERIC = {
    "stampli_id": "id, key, uid",
    "number": "nr, no, num, ref, reference",
    "invoice_date": "day, datum",
    "total": "sum, summe, value",
    "line_number": "nr, no, num, id, seq, sequence, index",
    "line_amount": "amount, value, sum, betrag, wert, montant, bedrag",
}
"""Words that say little: only where nothing says more, and in XML where they stand (in a line or above it)."""
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

Fields = dict[str, tuple[str, ...]]
"""A label without case, blanks and punctuation → the fields that it may mean."""


def _by_label(kind: FileKind, others: dict[str, str]) -> Fields:
    """Stampli's own labels win."""
    own = {word_key(field.label): (name,) for name, field in FIELDS[kind].items()}
    named = {word_key(name): (name,) for name in FIELDS[kind]}
    return _fields(others) | named | own


def _fields(labels: dict[str, str]) -> Fields:
    found: Fields = {}
    for name, of_name in labels.items():
        for label in of_name.split(", "):
            for key in {word_key(label), word_key(label.translate(_SPELLED_OUT))}:
                found[key] = (*found.get(key, ()), name)
    return found


FIELDS_BY_LABEL = {
    FileKind.INVOICES: (_by_label(FileKind.INVOICES, _INVOICES), _fields(_GENERIC)),
    FileKind.VENDORS: (_by_label(FileKind.VENDORS, _VENDORS), {}),
    FileKind.PAYMENTS: (_by_label(FileKind.PAYMENTS, _PAYMENTS), {}),
}
"""What says which field it is, and what says little."""


def path_keys(label: str) -> list[str]:
    """A label as it is; of an XML path also its last part, with and without the element around it."""
    if label.startswith("@"):
        return [word_key(label)]
    parts = [part.rpartition("=")[2].rstrip("]") for part in label.replace("@name", "name").split("/")]
    return [word_key(label), *(word_key("".join(parts[-count:])) for count in (2, 1) if len(parts) > 1)]


LINE_LABELS = frozenset(
    key
    for kind, (specific, _) in FIELDS_BY_LABEL.items()
    for key, names in specific.items()
    if any(FIELDS[kind][name].level is Level.LINE for name in names)
)
