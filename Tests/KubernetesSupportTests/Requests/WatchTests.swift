import KubernetesSupport
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct WatchTests {
    private static let path = "/api/v1/namespaces/team-a/configmaps"

    @Test
    func `a watch without a version begins with all there is and goes on with each change`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            try await client.stream("\(Self.path)?watch=true") { lines in
                var event = try await lines.event()
                #expect(event?.type == "ADDED")
                #expect(event?.object.metadata.name == "a")
                #expect(event?.object.kind == "ConfigMap")
                _ = try await client.merge("\(Self.path)/a", ["data": ["x": "1"]])
                event = try await lines.event()
                #expect(event?.type == "MODIFIED")
                let version = event?.object.metadata.resourceVersion
                try await client.send("DELETE", "\(Self.path)/a")
                event = try await lines.event()
                #expect(event?.type == "DELETED")
                #expect(event?.object.metadata.resourceVersion != version, "an end is a change too")
            }
        }
    }

    @Test
    func `a watch from a version has what came after it and nothing twice`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            let version = try await client.get(Self.path).json.metadata.resourceVersion.text ?? ""
            try await client.send("POST", Self.path, Manifest.configMap("b"))
            try await client.stream("\(Self.path)?watch=true&resourceVersion=\(version)") { lines in
                #expect(try await lines.event()?.object.metadata.name == "b")
                try await client.send("POST", Self.path, Manifest.configMap("c"))
                #expect(try await lines.event()?.object.metadata.name == "c")
            }
        }
    }

    @Test
    func `an object that comes to fit a selector is added, and one that no longer fits is deleted`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            try await client.stream("\(Self.path)?watch=true&labelSelector=on=yes") { lines in
                _ = try await client.merge("\(Self.path)/a", ["metadata": ["labels": ["on": "yes"]]])
                #expect(try await lines.event()?.type == "ADDED")
                _ = try await client.merge("\(Self.path)/a", ["metadata": ["labels": ["on": "no"]]])
                #expect(try await lines.event()?.type == "DELETED")
            }
        }
    }

    @Test
    func `bookmarks say how far a watch is, though nothing of it changed`() async throws {
        try await withCluster { cluster, client in
            try await client.stream("\(Manifest.jobs)?watch=true&allowWatchBookmarks=true") { lines in
                try await client.send("POST", Self.path, Manifest.configMap("a"))
                let revision = await cluster.revision
                while let line = try await lines.next() {
                    let event = try JSONTree(json: line)
                    #expect(event.type == "BOOKMARK")
                    #expect(event.object.kind == "Job")
                    if event.object.metadata.resourceVersion.text == "\(revision)" { break }
                }
            }
        }
    }

    @Test
    func `a watch from a forgotten version is opened and says 410 in its only event`() async throws {
        try await withCluster { cluster, client in
            let version = try await client.get(Self.path).json.metadata.resourceVersion.text ?? ""
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            await cluster.forgetHistory()
            try await client.stream("\(Self.path)?watch=true&resourceVersion=\(version)") { lines in
                let event = try await lines.event()
                #expect(event?.type == "ERROR")
                #expect(event?.object.code == 410)
                #expect(event?.object.reason == "Expired")
                #expect(try await lines.next() == nil)
            }
        }
    }

    @Test
    func `a watch ends when its time is up, and with the server's will`() async throws {
        try await withCluster { cluster, client in
            try await client.stream("\(Self.path)?watch=true&timeoutSeconds=1") { lines in
                let end = try await lines.next()
                #expect(end == nil)
            }
            try await client.stream("\(Self.path)?watch=true") { lines in
                try await eventually("the watch is open") { await cluster.watchCount == 1 }
                await cluster.endWatches()
                #expect(try await lines.next() == nil)
            }
        }
    }

    @Test
    func `a watch may begin with all objects and a bookmark behind them`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Self.path, Manifest.configMap("a"))
            let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
            try await client.stream("\(Self.path)?\(query)") { lines in
                #expect(try await lines.next()?.contains("ADDED") == true)
                let mark = try JSONTree(json: try await lines.next() ?? "")
                #expect(mark.object.metadata.annotations == ["k8s.io/initial-events-end": "true"])
            }
        }
    }
}
