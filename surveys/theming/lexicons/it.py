"""Italian."""

COMMON = """
a ad agli ai al alla alle anche ancora c che chi ci come con cui da dal dalla dalle dei del della
delle di do dopo dove e ed era erano fra gli ha hai hanno ho i il in io l la le lei li lo loro lui
ma mi mia mie miei mio molto ne nei nel nella noi nostro o per perché più poi quando quanto quella
quello questa questo qui se sei si sia siamo solo sono stata stato su sua sue sugli sul sulla suo te
ti tra tu tutti tutto un una uno vi voi è
"""
NOT = "non né mai niente nulla nessuno nessun nessuna senza neanche nemmeno manca mancano mancava"
NONE = "nessun nessuna senza manca mancano mancava"
TURNS = "ma però tuttavia purtroppo sebbene benché tranne eccetto"
GOOD = """
buono, buona, buon, bene, ottimo, eccellente, perfetto, fantastico, meraviglioso, stupendo,
splendido, magnifico, favoloso, bellissimo, bello, bella, piacevole, gradevole, gentile, cortese,
disponibile, simpatico, accogliente, educato, premuroso, professionale, competente, preparato,
efficiente, efficace, paziente, veloce, velocemente, rapido, rapidamente, puntuale, facile,
facilmente, semplice, chiaro, pratico, intuitivo, affidabile, comodo, confortevole, pulito, curato,
luminoso, ampio, spazioso, fresco, delizioso, gustoso, squisito, conveniente, economico, onesto,
soddisfatto, contento, felice, entusiasta, adoro, piace, piaciuto, consiglio, consigliato,
consigliatissimo, grazie, complimenti, bravi, migliore, meglio, migliorato, moderno, impeccabile,
risolto, aiutato, qualità
"""
BAD = """
cattivo, male, pessimo, orribile, terribile, disastroso, disastro, vergognoso, vergogna,
inaccettabile, scandaloso, deludente, deluso, delusione, frustrante, fastidioso, arrabbiato,
sgradevole, maleducato, scortese, antipatico, arrogante, incompetente, indifferente, svogliato,
ignorato, lento, lenta, lentezza, ritardo, in ritardo, tardi, rotto, danneggiato, graffiato,
strappato, difettoso, guasto, errore, errori, problema, problemi, difficile, complicato, confuso,
inutile, inutilizzabile, sporco, lurido, vecchio, antiquato, logoro, scomodo, stretto, affollato,
pieno, rumoroso, rumore, caos, caotico, freddo, tiepido, insipido, immangiabile, caro, cara,
carissimo, costoso, truffa, furto, spreco, ridicolo, impossibile, triste, peccato, purtroppo,
reclamo, lamentela, sbagliato, mai più, insoddisfatto, insufficiente, mediocre, scarso,
interminabile, esaurito, non funziona
"""
