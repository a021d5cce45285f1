"""French."""

WORDS = {
    "waiting": """
        -attente, -file, -files, -queue, -attendu, -attendre, caisse, caisses, -trop long, -fait la
        queue, -longue attente
    """,
    "staff": """
        personnel, employé*, vendeur*, vendeuse*, serveur*, serveuse*, équipe, accueil, service,
        réception, conseiller*, hôtesse*, gérant*, aimable, souriant, souriante
    """,
    "support": """
        support, assistance, hotline, service client, sav, service après-vente, ticket, tickets,
        rappelé, rappel, réponse, interlocuteur, chat, injoignable
    """,
    "price": """
        prix, tarif*, coût*, -cher, -chère, -hors de prix, +abordable, +bon marché, frais
        supplémentaires, argent, rapport qualité, remise*, promotion*, -arnaque
    """,
    "quality": """
        qualité, matériau*, matière*, finition*, -cassé, -fragile, solide, solidité, durable,
        -décoloré, couture*, -abîmé
    """,
    "delivery": """
        livraison*, livré, livrée, livrer, livreur*, expédition, expédié, colis, transporteur*, -en
        retard, -jamais reçu, -jamais arrivé, suivi du
    """,
    "packaging": """
        emballage*, emballé, carton*, boîte, -arrivé cassé, -en morceaux, protection, plastique
    """,
    "returns": """
        retour*, renvoyé, renvoyer, remboursement*, remboursé, échange, échangé, garantie,
        remplacement
    """,
    "range": """
        choix de produits, gamme*, assortiment, -rupture de stock, -rupture, +en stock, produits,
        articles, collection, marques, tailles, coloris
    """,
    "billing": """
        facture*, facturation, facturé, prélèvement*, prélevé, paiement*, payer, carte bancaire,
        reçu de paiement, abonnement*
    """,
    "app": """
        application, appli, app, site, site internet, site web, boutique en ligne, connexion au
        compte, mot de passe, compte, mobile
    """,
    "ease": """
        facile à utiliser, facilité, ergonomie, ergonomique, +intuitif, +intuitive, -compliqué,
        -compliquée, interface, navigation, utilisation, prise en main
    """,
    "setup": """
        installation, installer, mise en place, mise en route, configuration, configurer,
        paramétrage, formation, démarrage, migration
    """,
    "reliability": """
        -bug, -bugs, -plantage*, -plante, -panne*, -erreur*, -dysfonctionnement*, stable, stabilité,
        fiable, fiabilité, -ne fonctionne pas, -ne marche pas
    """,
    "speed": """
        chargement, temps de réponse, -lent, -lente, -lenteur*, -rame, vitesse, performance*,
        fluide, fluidité
    """,
    "automation": """
        automatisation*, automatique*, automatisé, flux de travail, intégration*, rappels
    """,
    "reports": """
        rapport, rapports, statistique*, tableau de bord, tableaux de bord, export*, indicateur*,
        chiffres
    """,
    "food": """
        nourriture, repas, plat, plats, petit déjeuner, petit-déjeuner, déjeuner, dîner, buffet,
        cuisine, salade*, soupe*, pain, fromage*, dessert*, gâteau*, fruit*, sandwich*, menu,
        manger, restaurant, chef, délicieux, végétarien, restauration, encas
    """,
    "drinks": """
        boisson*, vin, vins, bière*, champagne, cocktail*, café*, thé, jus, eau, bar, alcool*,
        rafraîchissement*
    """,
    "cleanliness": """
        propre, propres, propreté, -sale, -sales, -saleté, hygiène, -poussière*, -tache*, nettoyé,
        nettoyage, ménage, entretien, odeur*, -crasseux
    """,
    "comfort": """
        siège*, fauteuil*, canapé*, chaise*, confort, confortable*, inconfortable*, lit, lits,
        matelas, oreiller*, meuble*, mobilier, banquette*, assise
    """,
    "space": """
        espace, +spacieux, +spacieuse, place, -exigu, -étroit, -trop petit, -trop petite, grand,
        grande, taille, vaste
    """,
    "crowding": """
        -bondé, -bondée, -foule, -monde, -trop de monde, -plein, affluence, +vide, -surchargé
    """,
    "noise": """
        -bruit*, -bruyant*, +calme, +silence, +silencieux, +tranquille, musique, annonces, -cris
    """,
    "internet": """
        wifi, wi-fi, internet, connexion, réseau, ordinateur*, imprimante*, prise électrique, débit
    """,
    "washrooms": """
        toilette*, wc, sanitaire*, douche*, salle de bain*, salle de bains, lavabo*
    """,
    "location": """
        emplacement, situé, située, parking, stationnement, +facile à trouver, -difficile à trouver,
        proche, près de, -loin, accès, quartier, central
    """,
    "opening": """
        horaires, heures d'ouverture, ouvert, fermé, fermeture, dimanche, -porte close
    """,
    "information": """
        information*, informé, informée, communication, -pas prévenu, prévenu, renseignement*,
        explication*, expliqué, transparence, annonce, avis de
    """,
}
