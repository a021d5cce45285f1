"""German."""

WORDS = {
    "waiting": """
        -*schlange*, -wartezeit*, -gewartet, -warten, -anstehen, -angestanden, kasse, kassen, -lange
        gedauert, -ewig gedauert
    """,
    "staff": """
        personal, mitarbeiter*, *verkäufer*, bedienung, beratung, berater*, service, servicekraft,
        kellner*, empfang, rezeption, team, -niemand zuständig, *freundlich*, chef, angestellte*
    """,
    "support": """
        support, hotline, kundenservice, kundendienst, ticket, tickets, rückruf, zurückgerufen,
        antwort, rückmeldung, ansprechpartner*, chat
    """,
    "price": """
        preis, preise, preis*, *preise, kosten, gekostet, -teuer, -überteuert, +günstig, +preiswert,
        billig*, *gebühr*, aufpreis, rabatt*, geld, -abzocke, leistungsverhältnis
    """,
    "quality": """
        qualität*, material*, verarbeitung, -kaputt, haltbar*, -abgebrochen, -verfärbt, stabil,
        stoff, nähte, -wackelt, -quietscht
    """,
    "delivery": """
        *lieferung*, geliefert, lieferzeit*, liefertermin*, versand*, zustellung, zugestellt,
        paket*, spedition, bote, fahrer, sendung*, -zu spät gekommen
    """,
    "packaging": """
        verpackung*, verpackt, karton*, schachtel, polsterung, -zerbrochen, -beschädigt angekommen,
        folie
    """,
    "returns": """
        rückgabe*, retoure*, zurückgeschickt, zurückgeben, umtausch*, umgetauscht, erstattung,
        erstattet, garantie, gewährleistung, ersatz
    """,
    "range": """
        sortiment*, auswahl an artikeln, angebot an, -ausverkauft, -vergriffen, +vorrätig, +auf
        lager, -nicht auf lager, artikel, produkte, marken, größen, farben
    """,
    "billing": """
        rechnung*, abrechnung*, abgebucht, abbuchung, lastschrift, zahlung*, bezahlung, bezahlen,
        karte bezahlt, beleg, quittung, abo, abonnement
    """,
    "app": """
        app, webseite, website, homepage, onlineshop, webshop, internetseite, anmeldung, login,
        passwort, konto, handy
    """,
    "ease": """
        bedienung der, bedienbar*, benutzerfreundlich*, +übersichtlich, -unübersichtlich, +intuitiv,
        -kompliziert, -umständlich, oberfläche, navigation, handhabung
    """,
    "setup": """
        einrichtung, einrichten, eingerichtet, installation, installieren, inbetriebnahme,
        einführung, schulung*, einarbeitung, migration, umstellung
    """,
    "reliability": """
        -fehler*, -absturz*, -abgestürzt, -stürzt ab, -ausfall*, -ausgefallen, -störung*, -bug,
        -bugs, stabil*, zuverlässig*, -funktioniert nicht, -geht nicht
    """,
    "speed": """
        ladezeit*, lädt, geschwindigkeit, -ruckelt, -hängt, performance, reaktionszeit*, -dauert
        lange, -langsam*
    """,
    "automation": """
        automat*, arbeitsablauf, workflow*, schnittstelle*, anbindung*, integration*, erinnerungen
    """,
    "reports": """
        bericht*, auswertung*, statistik*, dashboard*, export*, kennzahlen, zahlen
    """,
    "food": """
        essen, *essen, speise*, frühstück*, mittagessen, abendessen, buffet, snack*, suppe*, salat*,
        brot, brötchen, kuchen, obst, käse, nachtisch, gericht, gerichte, küche, koch, restaurant,
        lecker*, menü, vegetarisch
    """,
    "drinks": """
        getränk*, wein*, bier*, sekt, champagner, cocktail*, kaffee*, tee, saft, säfte, wasser, bar,
        alkohol*, cola
    """,
    "cleanliness": """
        *sauber*, sauberkeit, -schmutz*, -dreck*, -verdreckt, hygien*, -staub*, -flecken, geputzt,
        reinigung, gereinigt, müll, gepflegt, -ungepflegt, geruch, -stinkt
    """,
    "comfort": """
        sitz*, *sitze, sessel, sofa*, stuhl, stühle, bequem*, unbequem*, möbel, bett, betten,
        matratze*, kissen, komfort*, gemütlich*
    """,
    "space": """
        platz, +geräumig*, +großzügig*, -eng, -zu klein, raum, größe, weitläufig, -winzig
    """,
    "crowding": """
        -überfüllt, -voll, -gedränge, -andrang, -zu viele leute, -menschenmassen, +leer, -kein platz
    """,
    "noise": """
        -lärm*, -laut, lautstärke, +ruhig*, ruhe, +leise, still, -geschrei, musik, durchsagen
    """,
    "internet": """
        wlan, w-lan, wifi, internet*, netz, empfang im, computer, pc, drucker, verbindung,
        steckdose*
    """,
    "washrooms": """
        toilette*, wc, klo, klos, bad, badezimmer, dusche*, duschen, waschraum, waschräume, sanitär*
    """,
    "location": """
        lage, standort*, parkplatz, parkplätze, parken, erreichbar*, anfahrt, -schwer zu finden,
        +leicht zu finden, beschilderung, nähe, -weit weg, zentral
    """,
    "opening": """
        öffnungszeit*, geöffnet, geschlossen, ladenschluss, sonntags, -zu früh geschlossen
    """,
    "information": """
        information*, informiert, kommunikation, auskunft, -niemand gesagt, bescheid,
        benachrichtigung*, erklärt, erklärung, transparent*, hinweis*
    """,
}
