import Foundation
import Jobs
import Journal
import RESTView
import SignIn
import SignInSupport
import TestSupport
import Testing

/// Every route for everybody.
@Suite(.timeLimit(.minutes(hangLimit)))
struct AccessTests {
    private static let rules = [
        AccessRule(groups: ["*-admins"]),
        AccessRule(groups: ["team-a"], clusters: ["default"], partitions: ["team-a"]),
        AccessRule(users: ["ci@*"], clusters: ["prod"], partitions: ["team-*"]),
    ]

    /// Who asks, and which partitions they may read: `cluster/partition` each.
    private struct Role {
        let name: String
        let headers: [String: String]
        /// Nil for somebody who is not signed in.
        let partitions: Set<String>?

        func mayRead(_ cluster: String) -> Bool { partitions?.contains { $0.hasPrefix("\(cluster)/") } == true }
    }

    private static let all: Set = ["default/team-a", "default/team-b", "prod/team-a"]

    private static func roles(_ auth: AuthScene) throws -> [Role] {
        func role(_ name: String, user: String, groups: [String], _ partitions: Set<String>) throws -> Role {
            let token = try auth.point.token(Claims(issuer: auth.provider.issuer, user: user, groups: groups).text)
            return Role(name: name, headers: ["Authorization": "Bearer \(token)"], partitions: partitions)
        }
        let expired = try auth.point.token(auth.claims.with("exp", "1").text)
        return [
            Role(name: "nobody", headers: [:], partitions: nil),
            Role(name: "expired", headers: ["Authorization": "Bearer \(expired)"], partitions: nil),
            Role(
                name: "expired, and named by the proxy",
                headers: ["Authorization": "Bearer \(expired)", "X-User": "ci@example.org"],
                partitions: nil
            ),
            try role("admin", user: "root@example.org", groups: ["x", "ml-admins"], all),
            try role("team", user: "ann@example.org", groups: ["team-a"], ["default/team-a"]),
            try role("machine", user: "ci@example.org", groups: [], ["prod/team-a"]),
            try role("both", user: "ci@example.org", groups: ["team-a"], ["prod/team-a", "default/team-a"]),
            try role("stranger", user: "eve@example.org", groups: ["team", "team-ab", "admins", "*"], []),
            Role(name: "proxied", headers: ["X-User": "ci@example.org"], partitions: ["prod/team-a"]),
            Role(
                name: "proxied member",
                headers: ["X-User": "eve@example.org", "X-Groups": "sales, team-a"],
                partitions: ["default/team-a"]
            ),
            Role(name: "proxied stranger", headers: ["X-User": "ml-admins", "X-Groups": "team-ab,*"], partitions: []),
            Role(name: "member without a name", headers: ["X-Groups": "ml-admins"], partitions: nil),
            Role(name: "named by no name", headers: ["X-User": ""], partitions: nil),
        ]
    }

    /// Each path, with the status that a role gets.
    private static func routes() -> [(path: String, status: (Role) -> Int)] {
        var routes: [(String, (Role) -> Int)] = []
        for path in ["/", "/livez", "/readyz", "/metrics", "/openapi.json", "/api/version", "/api/ping"] {
            routes.append((path, { _ in 200 }))
        }
        routes.append(("/api/nothing", { _ in 404 }))
        for version in ["v1alpha1", "v1alpha2"] {
            let clusters = "/api/\(version)/clusters"
            routes.append((clusters, { $0.partitions == nil ? 401 : 200 }))
            routes.append(("\(clusters)/default/partitions/team-a/tfjobs/NO", { $0.partitions == nil ? 401 : 404 }))
            for cluster in ["default", "prod", "absent"] {
                routes.append(
                    (
                        "\(clusters)/\(cluster)/partitions",
                        { role in
                            guard role.partitions != nil else { return 401 }
                            return role.partitions == all || role.mayRead(cluster) ? 200 : 403
                        }
                    )
                )
                for partition in ["team-a", "team-b", "absent"] {
                    for resource in version == "v1alpha1" ? ["tfjobs"] : ["tfjob", "tfservings"] {
                        let list = "\(clusters)/\(cluster)/partitions/\(partition)/\(resource)"
                        let mayRead = { @Sendable (role: Role) -> Bool in
                            let isMachines = cluster == "prod" && partition.hasPrefix("team-") && role.mayRead("prod")
                            return role.partitions == all || isMachines
                                || role.partitions?.contains("\(cluster)/\(partition)") == true
                        }
                        routes.append((list, { $0.partitions == nil ? 401 : mayRead($0) ? 200 : 403 }))
                        // Whoever may not watch is told so before anything else.
                        routes.append(("\(list)?watch=x", { $0.partitions == nil ? 401 : mayRead($0) ? 400 : 403 }))
                        let isThere = all.contains("\(cluster)/\(partition)")
                        let jobs = [
                            ("mnist", isThere ? 200 : 404), ("mnist/history", isThere ? 200 : 404), ("absent", 404),
                            ("absent/history", 404), ("mnist/logs", 200), ("mnist/logs?follow=x", 400),
                            ("absent/logs", 404), ("NO/logs", 404),
                        ]
                        for (id, found) in jobs {
                            // A name that nothing can have tells nothing.
                            let isNamed = !id.hasPrefix("NO")
                            routes.append(
                                (
                                    "\(list)/\(id)",
                                    { $0.partitions == nil ? 401 : mayRead($0) || !isNamed ? found : 403 }
                                )
                            )
                        }
                    }
                }
            }
        }
        return routes
    }

    private static func fill(_ scene: RESTScene) async throws {
        var service = ServiceStatus(repositoryURL: "file:///srv/jobs.git", branch: "main")
        service.lastFetch = RESTScene.start
        try await scene.journal.recordStatus(service)
        for (number, place) in all.sorted().enumerated() {
            let parts = place.split(separator: "/").map(String.init)
            let key = RESTScene.key("mnist", partition: parts[1], cluster: parts[0])
            try await scene.push(key, RESTScene.file(), at: number + 1)
        }
    }

    @Test
    func `every role gets of every route what the rules say, by every method`() async throws {
        try await AuthScene.serve(proxies: ["127.0.0.0/8"], access: Self.rules, logs: ScriptedLogs()) { auth in
            try await Self.fill(auth.scene)
            let routes = Self.routes()
            var checks = 0
            for role in try Self.roles(auth) {
                for (path, status) in routes {
                    for method in ["GET", "HEAD"] {
                        let answer = try await auth.scene.request(path, method: method, headers: role.headers)
                        #expect(answer.status == status(role), "\(role.name) \(method) \(path)")
                        #expect((answer.headers["www-authenticate"] != nil) == (answer.status == 401))
                        if answer.status == 403 || answer.status == 401 {
                            #expect(answer.headers["etag"] == nil)
                        }
                        checks += 1
                    }
                    let written = try await auth.scene.request(path, method: "DELETE", headers: role.headers)
                    #expect(written.status == (path == "/api/nothing" ? 404 : 405), "\(role.name) DELETE \(path)")
                }
            }
            print("AccessTests: \(checks) checks")
        }
    }

    @Test
    func `lists, totals and counts have what the caller may read, and nothing more`() async throws {
        try await AuthScene.serve(proxies: ["127.0.0.1", "::1"], access: Self.rules) { auth in
            try await Self.fill(auth.scene)
            for role in try Self.roles(auth) {
                guard let partitions = role.partitions else { continue }
                let clusters = Set(partitions.map { String($0.prefix { $0 != "/" }) })
                let list = try await auth.scene.request("/api/v1alpha1/clusters", headers: role.headers).json
                #expect(list.items.elements.compactMap(\.id.text) == clusters.sorted(), "\(role.name)")
                #expect(list.metadata.total.int == clusters.count)
                for cluster in list.items.elements {
                    let id = try #require(cluster.id.text)
                    let expected = partitions.filter { $0.hasPrefix("\(id)/") }.map {
                        String($0.dropFirst(id.count + 1))
                    }
                    #expect(cluster.total.int == expected.count)
                    #expect(cluster.counts.pending.int == expected.count)
                    #expect(cluster.counts.running.int == 0)
                    let inner = try await auth.scene.request(
                        "/api/v1alpha1/clusters/\(id)/partitions",
                        headers: role.headers
                    ).json
                    #expect(inner.items.elements.compactMap(\.id.text) == expected.sorted(), "\(role.name) \(id)")
                    #expect(inner.metadata.total.int == expected.count)
                }
            }
        }
    }

    @Test
    func `a tag of one caller's list is not another's`() async throws {
        try await AuthScene.serve(proxies: ["127.0.0.1"], access: Self.rules) { auth in
            try await Self.fill(auth.scene)
            let roles = try Self.roles(auth)
            let admin = try #require(roles.first { $0.name == "admin" })
            let stranger = try #require(roles.first { $0.name == "stranger" })
            let path = "/api/v1alpha1/clusters"
            let tag = try #require(try await auth.scene.request(path, headers: admin.headers).headers["etag"])
            var headers = stranger.headers
            headers["If-None-Match"] = tag
            #expect(try await auth.scene.request(path, headers: headers).status == 200)
            headers = admin.headers
            headers["If-None-Match"] = tag
            #expect(try await auth.scene.request(path, headers: headers).status == 304)
            headers = [:]
            headers["If-None-Match"] = "*"
            #expect(try await auth.scene.request(path, headers: headers).status == 401)
        }
    }

    @Test
    func `a proxy that is not trusted names nobody, whatever else it says`() async throws {
        for proxies in [[], ["10.0.0.0/8", "::1", "127.0.0.2", "128.0.0.0/1"]] {
            try await AuthScene.serve(proxies: proxies) { auth in
                for headers in [
                    ["X-User": "ann@example.org"], ["X-User": "ann@example.org", "X-Forwarded-For": "10.0.0.1"],
                    ["X-User": "ann@example.org", "Forwarded": "for=10.0.0.1", "X-Real-IP": "10.0.0.1"],
                ] {
                    #expect(try await auth.scene.request(RESTScene.list, headers: headers).status == 401)
                }
                // It takes nothing from a token either.
                let token = try auth.rsa.token(auth.claims.text)
                let headers = ["X-User": "", "Authorization": "Bearer \(token)"]
                #expect(try await auth.scene.request(RESTScene.list, headers: headers).status == 200)
            }
        }
    }

    @Test
    func `without rules whoever is signed in reads all, and without authentication everybody`() async throws {
        try await AuthScene.serve(proxies: ["127.0.0.0/8"]) { auth in
            try await Self.fill(auth.scene)
            let headers = ["X-User": "anybody"]
            let list = try await auth.scene.request("/api/v1alpha1/clusters", headers: headers).json
            #expect(list.metadata.total.int == 2)
            #expect(try await auth.scene.request("/api/v1alpha1/clusters").status == 401)
            let twice = "X-User: a\r\nX-User: b\r\n"
            let raw = try await RawConnection.get(Array(RESTScene.list.utf8), headers: twice, port: auth.scene.port)
            #expect(raw?.status == 401)
        }
        try await RESTScene.serve { scene in
            try await Self.fill(scene)
            let headers = ["X-User": "anybody", "Authorization": "Bearer x"]
            #expect(try await scene.request("/api/v1alpha1/clusters", headers: headers).json.metadata.total.int == 2)
        }
    }
}
