"""English."""

WORDS = {
    "waiting": """
        -queue, -queues, -queuing, -stood in line, -long line, -in line for, -wait for, -waiting
        for, -waited, -waiting time, waiting times, -wait time, -had to wait, -long wait, -a while
        to pay, -minutes in the, till, tills, checkout line, -line went, -kept waiting
    """,
    "staff": """
        staff, service, employee, assistant, salesperson, waiter, waitress, waitresses,
        receptionist, reception, attendant, attendants, crew, bartender, barista, concierge, your
        people, team was, team were, team is, hostess, host, hospitality, personnel, manager,
        -nobody on the floor, -asked three people, -sent away, -in the way, +remembered me, the
        woman at, the man at, the lady at, the gentleman, customer care, agents, attentive,
        courteous, rude, friendly, welcome, welcoming, greeted, greeting
    """,
    "support": """
        support, help desk, helpdesk, hotline, ticket, tickets, call centre, call center, customer
        service, +called back, call back, reply, replied, -no reply, response time, chat, agent on
        the phone, links to pages, account manager
    """,
    "price": """
        -price went up, -prices went up,
        price, prices, priced, pricing, cost, costs, -expensive, -overpriced, -dear for, +cheap,
        cheaper elsewhere, +bargain, +affordable, value for money, +good value, money, fee, fees,
        charge, charges, -rip off, +worth every, discount, -one plan up, we pay for, what we pay
    """,
    "quality": """
        quality, material, materials, workmanship, -broke, -breaks, -creaks, -wobbles, -came off,
        -fell apart, +lasts, +last, durable, sturdy, well made, -flimsy, -faded, -first wash, seam,
        stitching, finish
    """,
    "delivery": """
        delivery, deliveries, delivered, deliver, shipping, shipped, shipment, parcel, courier,
        carrier, driver, dispatch, tracking, -came late, -days late, -still no, -did not come,
        -never arrived, arrived on
    """,
    "packaging": """
        packaging, packed in, package, box, boxes, padding, wrapping, -in pieces, bubble wrap,
        cardboard, plastic around, -glasses broken, -arrived broken
    """,
    "returns": """
        return, returns, returned, refund, refunded, exchange, exchanged, send back, sent back,
        warranty, guarantee, replacement
    """,
    "range": """
        selection of products, range, assortment, -out of stock, +in stock, -sold out, variety of
        products, things that last, find a present, find a gift, colours, choice of goods, products,
        collection, brands, sizes
    """,
    "billing": """
        invoice, invoices, billing, bill, billed, payment, pay by card, card payment, direct debit,
        charged twice, receipt, subscription
    """,
    "app": """
        app, website, web site, web shop, online shop, web page, site, login, log in, password,
        account page, mobile version, ordered on
    """,
    "ease": """
        easy to use, ease of use, user friendly, usability, intuitive, simple to use, -complicated,
        -confusing, interface, navigation, +understand it, +out of the way, learning curve, -hard to
        use, hard to find, menu structure
    """,
    "setup": """
        -still not set up, -took longer,
        setup, set up, setting up, onboarding, installation, install, installed, getting started,
        import guide, migration, training, configuration, configure, implementation, longer than
        promised, once somebody explains
    """,
    "reliability": """
        -bug, -bugs, -buggy, -crash, -crashes, -crashed, -outage, -downtime, -glitch, -glitches,
        -error, -errors, -freezes, stable, stability, reliable, reliability, -unreliable, -not
        working, -stopped working, -data loss, -lost my
    """,
    "speed": """
        speed of the, loading, load time, loads, -slow to load, -slows down, -takes seconds,
        -seconds to open, -lag, -laggy, -sluggish, performance, responsive, -takes ages, -slow page,
        fast app
    """,
    "automation": """
        automation, automations, automated, automate, workflow, workflows, integration,
        integrations, rules engine, reminders
    """,
    "reports": """
        report, reports, reporting, dashboard, dashboards, export, exporting, exports, analytics,
        statistics, charts, figures, clear numbers
    """,
    "food": """
        food, foods, meal, meals, breakfast, lunch, dinner, buffet, catering, snack, snacks,
        sandwich, sandwiches, soup, salad, salads, dish, dishes, dessert, bread, cheese, cake,
        cakes, fruit, croissant, pastry, pastries, menu, kitchen food, cooked, cooking, cuisine,
        dining, dine, eat, eating, biscuits, cookies, crackers, nuts, sushi, noodle, noodles, pasta,
        bacon, egg, eggs, canapes, crisps, chips, steak, seafood, restaurant, vegetarian, hungry,
        chef, rolls, hot options, warm options, delicious, tasty, tasteless, inedible
    """,
    "drinks": """
        drink, drinks, beverage, beverages, bar, wine, wines, beer, beers, spirits, champagne,
        cocktail, cocktails, coffee, tea, juice, juices, soda, sodas, water, bottled water, alcohol,
        alcoholic, whisky, whiskey, vodka, gin, prosecco, refreshment, refreshments, barista,
        cappuccino, espresso, soft drinks, coke, milk
    """,
    "cleanliness": """
        clean, cleaned, cleaning, cleanliness, -dirty, -filthy, -filth, +spotless, +spotlessly,
        +immaculate, hygiene, hygienic, -grubby, -stained, -dust, dusty, -unclean, tidy, untidy,
        -smelly, rubbish, litter, washed, well kept, well maintained, -pig stye, -stain, -disgusting
        toilets
    """,
    "comfort": """
        seat, seats, seating, sofa, sofas, couch, couches, chair, chairs, armchair, armchairs,
        comfort, comfortable, comfortably, comfy, uncomfortable, furniture, furnishing, furnishings,
        recliner, recliners, bed, beds, mattress, pillow, pillows, cushion, lounger, loungers,
        somewhere to sit, place to sit, sit down, cosy, cozy
    """,
    "space": """
        +spacious, +roomy, space, +airy, -cramped, size, -tiny, -too small, -very small, small
        lounge, small room, -small and, large and, very large, +huge, big and, is big, is small, is
        large, is huge, bigger, small but, small for, little lounge, room size, vast, vastness, good
        size, long and narrow, open plan
    """,
    "crowding": """
        -crowd, -crowds, -crowded, -overcrowded, -crowed, +uncrowded, -packed, -jam packed, -full of
        people, -very full, -busy*, +empty, -too many people, -no seat, -find a seat, -no free,
        -rammed, -nearly full, -pandemonium, -over full
    """,
    "noise": """
        +quiet, -noise, -noisy, -loud, +silent, +silence, +peaceful, -shouting, -blaring, calm,
        +tranquil, sound, announcements in, no announcements, children running, music
    """,
    "internet": """
        wifi, wi-fi, wi fi, wireless, internet, broadband, computer, computers, pc, pcs, imac,
        imacs, laptop, printer, printers, printing, business centre, business center, workstation,
        workstations, work stations, online connection, download, network, hotspot, signal
    """,
    "washrooms": """
        toilet, toilets, washroom, washrooms, restroom, restrooms, rest room, rest rooms, bathroom,
        bathrooms, shower, showers, showering, lavatory, lavatories, urinals, loo, loos, men's room,
        wc
    """,
    "location": """
        location, located, parking, car park, -hard to find, -not easy to find, +easy to find,
        -difficult to find, signs, close to, near the, -far away, far from, a long walk, long way,
        central, directions, access by
    """,
    "opening": """
        opening hours, opening times, open late, opens late, closed, closing time, open on sunday,
        -closed door, closes, shut
    """,
    "information": """
        information, informed, uninformed, communication, notice, -nobody told, -not told, -without
        a note, -nobody wrote, updates, instructions, explained, explanation, transparent,
        transparency, announcement, announcements, notification, notifications
    """,
}
