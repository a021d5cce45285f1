"""French."""

COMMON = """
ai au aux avec avait avez avons c ce cela ces cet cette chez comme d dans de des donc du elle elles
en encore est et étaient était été être eu fait faire il ils j je l la le les leur leurs lui m ma
mais me mes moi mon n ne nos notre nous on ont ou où par pas pendant peu plus pour qu quand que qui
s sa sans se ses si son sont sur ta te tes toi ton tous tout toute très tu un une vos votre vous y à
ça deux puis alors aussi bien même
"""
NOT = "pas ne ni jamais rien personne aucun aucune sans guère manque manquait manquent nul nulle n"
NONE = "sans aucun aucune manque manquait manquent pas"
TURNS = "mais cependant toutefois pourtant malheureusement sauf hélas néanmoins"
GOOD = """
bon, bonne, bien, excellent, super, génial, parfait, parfaite, magnifique, merveilleux, fantastique,
formidable, remarquable, impeccable, superbe, top, agréable, plaisant, plaisir, sympa, sympathique,
aimable, gentil, gentille, accueillant, chaleureux, souriant, poli, courtois, attentionné,
serviable, à l'écoute, compétent, professionnel, efficace, patient, rapide, rapidement, vite,
ponctuel, fluide, simple, facile, facilement, clair, pratique, intuitif, fiable, confortable, cosy,
propre, soigné, lumineux, spacieux, frais, délicieux, savoureux, bon rapport, abordable, juste prix,
satisfait, satisfaite, ravi, ravie, content, contente, heureux, enchanté, recommande, recommander,
merci, bravo, félicitations, meilleur, mieux, amélioré, qualité, moderne, beau, belle, joli,
impressionné, résolu, aidé, j'adore, aime, aimé, rien à redire
"""
BAD = """
mauvais, mauvaise, mal, médiocre, nul, nulle, horrible, affreux, catastrophique, catastrophe,
désastreux, lamentable, déplorable, inadmissible, inacceptable, honteux, honte, scandaleux,
décevant, déçu, déçue, déception, frustrant, énervant, agaçant, désagréable, impoli, malpoli,
arrogant, hautain, incompétent, indifférent, débordé, ignoré, lent, lente, lenteur, retard, en
retard, tardif, cassé, abîmé, endommagé, rayé, déchiré, défectueux, panne, en panne, erreur, bug,
bugs, plante, problème, problèmes, souci, difficile, compliqué, confus, incompréhensible, inutile,
inutilisable, sale, dégoûtant, crasseux, usé, vétuste, vieillot, inconfortable, étroit, exigu,
bondé, bruyant, bruit, chaos, chaotique, froid, tiède, fade, immangeable, cher, chère, trop cher,
hors de prix, arnaque, escroquerie, vol, gaspillage, ridicule, impossible, dommage, triste,
regrette, plainte, réclamation, faux, jamais plus, plus jamais, à éviter, à fuir, insatisfait,
manque, interminable, rupture de stock, laisse à désirer, malheureusement, injoignable, pénible
"""
