"""German."""

COMMON = """
aber alle allem allen aller alles als also am an andere auch auf aus bei beim bin bis bist da dabei
damit dann das dass dein dem den der des dich die dies diese diesem diesen dieser dieses doch dort
du durch ein eine einem einen einer eines er es etwas euch für gegen habe haben hat hatte hatten
hier ich ihm ihn ihr ihre ihren im in ins ist ja jede jeder jetzt kann können man mehr mein meine
mich mir mit nach noch nun nur ob oder ohne schon sein seine seit sich sie sind so über um und uns
unser unter vom von vor war waren was weil wenn wer werden wie wieder wir wird wo würde wurde zu zum
zur zwei
"""
NOT = """
nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder kaum nirgends
fehlt fehlen fehlte
"""
NONE = "kein keine keinen keinem keiner keines ohne fehlt fehlen fehlte"
TURNS = "aber jedoch allerdings obwohl leider trotzdem dennoch sondern außer"
GOOD = """
gut, gute, guter, toll, super, prima, klasse, großartig, hervorragend, ausgezeichnet, wunderbar,
fantastisch, perfekt, exzellent, spitze, genial, schön, herrlich, angenehm, freundlich, nett,
hilfsbereit, höflich, zuvorkommend, herzlich, aufmerksam, kompetent, professionell, fachkundig,
geduldig, schnell, zügig, flott, prompt, pünktlich, reibungslos, unkompliziert, einfach,
übersichtlich, klar, verständlich, intuitiv, praktisch, zuverlässig, verlässlich, bequem, gemütlich,
komfortabel, sauber, gepflegt, ordentlich, hell, geräumig, großzügig, frisch, lecker, köstlich,
schmackhaft, preiswert, günstig, fair, zufrieden, begeistert, glücklich, froh, freue, gefreut,
freut, empfehle, empfehlenswert, weiterempfehlen, lobenswert, lob, danke, dank, beste, besten,
besser, gelungen, hochwertig, modern, liebevoll, beeindruckt, beeindruckend, gerne wieder, immer
wieder gerne, einwandfrei, tadellos, vorbildlich, gelöst, geholfen, liebe
"""
BAD = """
schlecht, schlechte, schlimm, furchtbar, schrecklich, grauenhaft, katastrophal, katastrophe,
miserabel, mies, mangelhaft, enttäuschend, enttäuscht, enttäuschung, ärgerlich, verärgert, ärger,
frustrierend, nervig, nervt, unfreundlich, unhöflich, arrogant, frech, patzig, inkompetent,
ahnungslos, desinteressiert, überfordert, gleichgültig, ignoriert, langsam, zäh, verspätet,
verspätung, zu spät, kaputt, defekt, beschädigt, zerkratzt, zerbrochen, zerrissen, fehlerhaft,
fehler, problem, probleme, schwierig, kompliziert, umständlich, verwirrend, unübersichtlich, unklar,
unverständlich, unbrauchbar, nutzlos, stürzt ab, abgestürzt, absturz, hängt, ruckelt, schmutzig,
dreckig, verdreckt, unsauber, stinkt, abgenutzt, veraltet, altmodisch, ungemütlich, unbequem, eng,
überfüllt, voll, laut, lärmend, chaotisch, chaos, kalt, lauwarm, fade, geschmacklos, teuer,
überteuert, wucher, abzocke, unverschämt, frechheit, betrug, verschwendung, zumutung, inakzeptabel,
unzumutbar, unmöglich, peinlich, lächerlich, schade, leider, traurig, vermisst, unzuverlässig,
unzufrieden, beschwerde, reklamation, falsch, nie wieder, nicht zu empfehlen, lässt zu wünschen
übrig, hoffnungslos, ewig, ausverkauft, vergriffen, gescheitert
"""
