"""Italian."""

WORDS = {
    "waiting": """
        -coda, -code, -fila, -file, -attesa, -attese, -aspettare, -aspettato, cassa, casse, -tempi
        di attesa, -tempo di attesa
    """,
    "staff": """
        personale, commesso*, commessa*, commesse, dipendent*, cameriere*, cameriera*, camerieri,
        staff, addett*, accoglienza, servizio, reception, gentilezza, gentile, gentili
    """,
    "support": """
        supporto, assistenza, servizio clienti, call center, numero verde, ticket, risposta,
        rispondono, -nessuno risponde, richiamato, chat
    """,
    "price": """
        prezzo, prezzi, costo, costi, -caro, -cara, -cari, -costoso, +economico, +conveniente,
        soldi, tariff*, rapporto qualità, sconto, sconti, offert*, -truffa
    """,
    "quality": """
        qualità, material*, finitur*, -rotto, -rotta, -si rompe, resistente, durevole, -scolorito,
        cucitur*, robusto, -fragile
    """,
    "delivery": """
        consegna, consegne, consegnato, spedizione, spedizioni, spedito, pacco, pacchi, corriere,
        corrieri, trasporto, -arrivato tardi, -mai arrivato, tracciamento
    """,
    "packaging": """
        imballaggio, imballaggi, imballato, confezione, scatola, scatole, cartone, -arrivato rotto,
        plastica
    """,
    "returns": """
        reso, resi, restituzione, restituire, restituito, rimborso, rimborsi, rimborsato, cambio
        merce, garanzia, sostituzione
    """,
    "range": """
        assortimento, scelta di prodotti, gamma, -esaurito, -non disponibile, +disponibile in
        negozio, prodotti, articoli, marche, taglie, colori, collezione
    """,
    "billing": """
        fattura, fatture, fatturazione, addebito, addebitato, pagamento, pagamenti, pagare con,
        carta di credito, ricevuta, scontrino, abbonamento
    """,
    "app": """
        app, applicazione, sito, sito web, sito internet, negozio online, password, account,
        cellulare
    """,
    "ease": """
        facile da usare, facilità, usabilità, +intuitivo, +intuitiva, -complicato, -complicata,
        interfaccia, navigazione, utilizzo
    """,
    "setup": """
        installazione, installare, configurazione, configurare, avvio, messa in funzione,
        formazione, migrazione
    """,
    "reliability": """
        -errore, -errori, -bug, -si blocca, -crash, -malfunzionament*, -guasto, stabile, stabilità,
        affidabile, affidabilità, -non funziona
    """,
    "speed": """
        -lento, -lenta, -lentezza, velocità, caricamento, caricare, prestazioni, fluidità
    """,
    "automation": """
        automazion*, automatic*, flusso di lavoro, integrazion*, promemoria
    """,
    "reports": """
        report, rapporti, statistich*, cruscotto, esportazione, esportare, indicatori, numeri
    """,
    "food": """
        cibo, pasto, pasti, colazione, pranzo, cena, buffet, piatto, piatti, menù, menu, cucina,
        insalata, insalate, zuppa, pane, formaggio, formaggi, dolce, dolci, frutta, panino, panini,
        mangiare, mangiato, ristorante, chef, delizioso, deliziosa, vegetariano
    """,
    "drinks": """
        bevanda, bevande, vino, vini, birra, birre, champagne, spumante, cocktail, caffè, tè, succo,
        succhi, acqua, bar, alcolic*
    """,
    "cleanliness": """
        pulito, pulita, puliti, pulite, pulizia, pulizie, -sporco, -sporca, -sporcizia, igiene,
        -polvere, -macchie, rifiuti, odore, -puzza
    """,
    "comfort": """
        sedile, sedili, poltrona, poltrone, divano, divani, sedia, sedie, comodo, comoda, comodi,
        scomodo, comodità, letto, letti, materasso, cuscino, cuscini, mobili, arredamento
    """,
    "space": """
        spazio, spazi, +ampio, +ampia, +spazioso, +spaziosa, -piccolo, -piccola, -stretto,
        dimensioni, grande
    """,
    "crowding": """
        -affollato, -affollata, -pieno, -piena, -folla, -troppa gente, -ressa, +vuoto, +vuota
    """,
    "noise": """
        -rumore, -rumori, -rumoroso, +silenzio, +silenzioso, +tranquillo, +tranquilla, musica,
        -urla, volume
    """,
    "internet": """
        wifi, wi-fi, internet, connessione, rete, computer, stampante, presa elettrica, prese
        elettriche
    """,
    "washrooms": """
        bagno, bagni, toilette, doccia, docce, servizi igienici, wc, lavandino
    """,
    "location": """
        posizione, situato, parcheggio, parcheggiare, vicino, -lontano, centrale, +facile da
        trovare, -difficile da trovare, accesso, zona
    """,
    "opening": """
        orario, orari, aperto, chiuso, chiudono, apertura, chiusura, domenica
    """,
    "information": """
        informazion*, informato, comunicazione, -nessuno ha avvisato, avviso, avvisato, spiegazion*,
        spiegato, trasparenza, notific*
    """,
}
