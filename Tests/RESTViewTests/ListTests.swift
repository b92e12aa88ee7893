import Foundation
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ListTests {
    @Test
    func `an empty journal has empty lists everywhere`() async throws {
        try await RESTScene.serve { scene in
            for path in [
                RESTScene.list, "/api/v1alpha2/clusters", "/api/v1alpha1/clusters/default/partitions",
            ] {
                let answer = try await scene.request(path)
                #expect(answer.status == 200)
                #expect(answer.text == #"{"items":[],"metadata":{"commit":null,"continue":null,"total":0}}"#)
            }
        }
    }

    @Test
    func `a list has whole jobs, how many there are, and the newest commit`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("one", .running, at: 1)
            try await scene.push(RESTScene.key("two"), "{", at: 2)
            let list = try await scene.request("\(RESTScene.list)?limit=1").json
            #expect(list.metadata.keys == ["commit", "continue", "total"])
            #expect(list.metadata.total.int == 2)
            #expect(list.metadata.commit.text == RESTScene.sha(2))
            #expect(list.items[0] == (try await scene.request("\(RESTScene.list)/one").json))
        }
    }

    @Test
    func `filters and orders`() async throws {
        try await RESTScene.serve { scene in
            try await scene.add("c", .running, at: 1, members: #""name": "Größe 50%","#, uid: "ann+ml@example.org")
            try await scene.add("a", .failed, at: 2)
            try await scene.add("b", .running, at: 3, uid: "bob@example.org")
            try await scene.push(RESTScene.key("d"), "{", at: 4)
            try await scene.push(RESTScene.key("c"), RESTScene.file(#""name": "Größe 50%", "priority": 1,"#), at: 5)
            let cases = [
                ("", "a b c d"), ("sort=id", "a b c d"),
                ("sort=-creationTime", "d b a c"), ("sort=-lastUpdateTime", "c d b a"),
                ("phase=running", "b c"), ("phase=held", "d"), ("phase=queued", ""),
                ("phase=running,held", "b c d"), ("endedSince=2026-01-01T00:00:00Z", "b c d"),
                ("uid=bob@example.org", "b"), ("uid=ann%2Bml%40example.org", "c"), ("uid=ann", ""),
                ("q=gr%C3%B6%C3%9Fe+50%25", "c"), ("q=gr%C3%B6%C3%9Fe%2050%25", "c"), ("q=B", "b"), ("q=%25", "c"),
                ("q=%27%20OR%201", ""), ("phase=running&uid=bob@example.org&q=b&limit=5000", "b"),
                ("q=&uid=&continue=", "a b c d"), ("watch=false", "a b c d"), ("&&limit=007", "a b c d"),
            ]
            for (query, ids) in cases {
                #expect(try await scene.ids(query).joined(separator: " ") == ids, "\(query)")
            }
        }
    }

    @Test(arguments: [
        ("limit=0", "limit", "1 to 5000"), ("limit=5001", "\"5001\"", "1 to 5000"), ("limit=-1", "limit", "1 to"),
        ("limit=", "limit is \"\"", "1 to"), ("limit=%2B5", "+5", "1 to"), ("limit=1.5", "1.5", "1 to"),
        ("limit=99999999999999999999", "limit", "1 to"), ("phase=Running", "phase is \"Running\"", "running"),
        ("phase=", "phase", "succeeded"), ("sort=name", "sort is \"name\"", "-lastUpdateTime"),
        ("continue=x", "continue is \"x\"", "first page"), ("continue=%FF", "%FF", "percent-encoded"),
        ("phase=running,", "phase is \"\"", "succeeded"), ("endedSince=soon", "endedSince is \"soon\"", "2026-01-31T"),
        ("watch=yes", "watch", "true or false"), ("q=%00", "q=%00", "control"), ("q=a&q=b", "q", "twice"),
        ("labelSelector=a", "labelSelector", "limit, continue, phase, uid, q, sort"), ("Limit=1", "Limit", "limit"),
    ])
    func `a bad query says what is wrong and what may be written`(query: String, got: String, allowed: String)
        async throws
    {
        try await RESTScene.serve { scene in
            let answer = try await scene.request("\(RESTScene.list)?\(query)")
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            let detail = try #require(try answer.json.detail.text)
            #expect(detail.contains(got) && detail.contains(allowed), "\(detail)")
        }
    }

    @Test
    func `clusters and partitions have their jobs by phase`() async throws {
        try await RESTScene.serve { scene in
            try await scene.journal.recordStatus(
                ServiceStatus(
                    repositoryURL: "file:///srv/jobs.git",
                    branch: "main",
                    clusters: [ServiceStatus.Cluster(id: "prod", backend: "kubernetes")]
                )
            )
            try await scene.add("one", .running, at: 1)
            try await scene.add("two", .running, at: 2)
            try await scene.push(RESTScene.key("bad"), "{", at: 3)
            try await scene.push(RESTScene.key("three", partition: "team-b"), RESTScene.file(), at: 4)
            try await scene.push(RESTScene.key("gone", partition: "team-c"), RESTScene.file(), at: 5)
            try await scene.push(RESTScene.key("gone", partition: "team-c"), nil, at: 6)
            try Golden.expect(try await scene.request("/api/v1alpha1/clusters").body, is: "clusters")
            try Golden.expect(
                try await scene.request("/api/v1alpha1/clusters/default/partitions").body,
                is: "partitions"
            )
            #expect(try await scene.request("/api/v1alpha1/clusters?phase=held").status == 400)
        }
    }
}
