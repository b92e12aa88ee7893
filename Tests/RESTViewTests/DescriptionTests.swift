import Foundation
import HTTPTypes
import Jobs
import Journal
import TestSupport
import Testing

@testable import RESTView

/// `/openapi.json` against the routes, the specification, and what is answered.
@Suite(.timeLimit(.minutes(hangLimit)))
struct DescriptionTests {
    private static let api = "/api/v1alpha1"
    private static let clusters = "\(api)/clusters"
    private static let partitions = "\(clusters)/{cid}/partitions"
    private static let jobs = "\(partitions)/{partition}/tfjobs"
    private static let job = "\(jobs)/{id}"
    private static let history = "\(job)/history"
    private static let events = "\(job)/events"
    private static let runs = "\(job)/runs"
    private static let oneRun = "\(job)/runs/{n}"
    private static let logs = "\(job)/logs"
    private static let commit = "\(api)/commits/{sha}"
    private static let webhook = "/api/webhooks/{forge}"

    private static func python() async throws -> String {
        try await PythonPackage.python("openapi-spec-validator==0.9.0", module: "openapi_spec_validator")
    }

    @Test
    func `every route is described, and nothing else`() async throws {
        try await RESTScene.serve { scene in
            let answer = try await scene.request("/openapi.json")
            #expect(answer.headers["content-type"] == "application/json")
            let paths = try answer.json.paths
            #expect(paths.keys == Route.table.map(\.template).sorted())
            for route in Route.table {
                let operations = paths[dynamicMember: route.template]
                #expect(operations.keys == [route.method.rawValue.lowercased()], "\(route.template)")
            }
            let page = try await scene.request("/")
            // A proxy may show all of it below a path of its own.
            #expect(page.text.contains("href=\"openapi.json\""))
            #expect(!page.text.contains("href=\"/") && !page.text.contains("href=\"http"))
            #expect(try answer.json.servers.elements.compactMap(\.url.text) == ["./"])
        }
    }

    @Test
    func `what a list, a history and a log may be asked is described`() async throws {
        try await RESTScene.serve(logs: ScriptedLogs()) { scene in
            try await scene.add("mnist", .running, at: 1)
            let paths = try await scene.request("/openapi.json").json.paths
            for (template, path) in [
                (Self.jobs, RESTScene.list), (Self.history, "\(RESTScene.list)/mnist/history"),
                (Self.events, "\(RESTScene.list)/mnist/events"), (Self.runs, "\(RESTScene.list)/mnist/runs"),
                (Self.logs, "\(RESTScene.list)/mnist/logs"),
            ] {
                let described = paths[dynamicMember: template].get.parameters.elements.compactMap {
                    parameter in
                    parameter.in.text == "query" ? parameter.name.text : parameter.reference
                }
                try #require(!described.isEmpty, "\(template)")
                let refused = try await scene.request("\(path)?no=1").json.detail.text
                let known = try #require(refused).split(separator: "there are ").last?.split(separator: ", ").map(
                    String.init
                )
                #expect(
                    Set(described).subtracting(["cid", "partition", "id", "ifNoneMatch"]) == Set(known ?? [])
                )
            }
        }
    }

    @Test
    func `the validator of the specification accepts it`() async throws {
        let python = try await Self.python()
        try await RESTScene.serve { scene in
            let folder = try TemporaryFolder()
            let file = folder.path("openapi.json")
            try await scene.request("/openapi.json").body.write(to: URL(fileURLWithPath: file))
            try await run([python, "-m", "openapi_spec_validator", "--schema", "3.1", file], in: folder.url.path)
        }
    }

    /// An answer, and the path that it is described at.
    private struct Sample: Encodable {
        let template: String
        let method: String
        let status: Int
        let type: String
        let body: String
    }

    private static func fill(_ scene: RESTScene) async throws {
        for (number, phase) in Phase.allCases.enumerated() where phase != .held {
            try await scene.add("job-\(phase.rawValue)", phase, at: number + 1)
        }
        try await scene.push(RESTScene.key("held"), #"{"cpu": -1, "enviroment": {}}"#, at: 50)
        try await scene.carryOut(RESTScene.key("held"), .hold, at: 50, outcome: .held)
        try await scene.push(RESTScene.key("waits"), RESTScene.file(#""environment": {"MY_TOKEN": "x"},"#), at: 51)
        try await scene.journal.recordStatus(
            ServiceStatus(
                repositoryURL: "/srv/jobs.git",
                branch: "main",
                clusters: [.init(id: "default", backend: "local")]
            )
        )
    }

    @Test
    func `every answer is as it is described`() async throws {
        let python = try await Self.python()
        try await RESTScene.serve(logs: ScriptedLogs()) { scene in
            try await Self.fill(scene)
            let jobs = try await scene.ids("limit=5000")
            let base = "/api/v1alpha1"
            var requests: [(template: String, path: String)] = [
                ("/", "/"), ("/openapi.json", "/openapi.json"), ("/livez", "/livez"), ("/readyz", "/readyz"),
                ("/metrics", "/metrics"), ("/api/version", "/api/version"), ("/api/ping", "/api/ping"),
                (Self.clusters, "\(base)/clusters"),
                (Self.clusters, "\(base)/clusters?x"), (Self.partitions, "\(base)/clusters/default/partitions"),
                (Self.partitions, "\(base)/clusters/NO/partitions"), (Self.jobs, RESTScene.list),
                (Self.jobs, "\(RESTScene.list)?limit=2"),
                (Self.jobs, "\(RESTScene.list)?limit=0"), (Self.job, "\(RESTScene.list)/absent"),
                (Self.history, "\(RESTScene.list)/absent/history"), (Self.logs, "\(RESTScene.list)/absent/logs"),
                (Self.logs, "\(RESTScene.list)/held/logs"), (Self.logs, "\(RESTScene.list)/held/logs?tail=x"),
                (Self.commit, "\(base)/commits/\(RESTScene.sha(50))"),
                (Self.commit, "\(base)/commits/\(RESTScene.sha(51))"),
                (Self.commit, "\(base)/commits/abc"), (Self.webhook, "/api/webhooks/github"),
            ]
            requests += jobs.flatMap { id in
                [
                    (Self.job, ""), (Self.history, "/history"), (Self.events, "/events"), (Self.runs, "/runs"),
                    (Self.oneRun, "/runs/1"),
                ]
                .map { ($0.0, "\(RESTScene.list)/\(id)\($0.1)") }
            }
            requests += ["events", "runs", "runs/1", "runs/x", "events?limit=0", "runs?continue=x", "runs/1?x=1"].map {
                path in
                let name = path.prefix { $0 != "?" }
                let template = name.hasPrefix("runs/") ? Self.oneRun : "\(Self.job)/\(name)"
                return (template, "\(RESTScene.list)/absent/\(path)")
            }
            var samples: [Sample] = []
            for (template, path) in requests {
                for method in template == Self.webhook ? ["POST"] : ["GET", "DELETE"] {
                    let answer = try await scene.request(path, method: method)
                    #expect(answer.headers["x-request-id"] != nil)
                    samples.append(
                        Sample(
                            template: template,
                            method: method == "POST" ? "post" : "get",
                            status: answer.status,
                            type: answer.headers["content-type"] ?? "",
                            body: answer.text
                        )
                    )
                }
            }
            let folder = try TemporaryFolder()
            try await scene.request("/openapi.json").body.write(to: folder.url.appendingPathComponent("openapi.json"))
            try JSONEncoder().encode(samples).write(to: folder.url.appendingPathComponent("samples.json"))
            let output = try await run([python, "-c", Self.checker], in: folder.url.path)
            #expect(output == "\(samples.count) checked\n")
        }
    }

    private static let checker = """
        import json
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012

        document = json.load(open("openapi.json"))
        registry = Registry().with_resource("urn:api", Resource(contents=document, specification=DRAFT202012))
        samples = json.load(open("samples.json"))

        def word(text):
            return text.replace("~", "~0").replace("/", "~1").replace(" ", "%20").replace("{", "%7B").replace("}", "%7D")

        for sample in samples:
            responses = document["paths"][sample["template"]][sample["method"]]["responses"]
            place = f"/paths/{word(sample['template'])}/{sample['method']}/responses/{sample['status']}"
            response = responses.get(str(sample["status"]))
            assert response is not None, f"not described: {sample}"
            if "$ref" in response:
                place = response["$ref"][1:]
                response = document["components"]["responses"][place.rsplit("/", 1)[1]]
            assert sample["type"] in response["content"], f"not described: {sample}"
            if sample["type"].endswith("json"):
                schema = {"$ref": f"urn:api#{place}/content/{word(sample['type'])}/schema"}
                errors = list(Draft202012Validator(schema, registry=registry).iter_errors(json.loads(sample["body"])))
                assert not errors, f"{sample['template']} {sample['status']}: {errors[0]}"
        print(len(samples), "checked")
        """
}

extension JSON {
    /// The last word of a `$ref`.
    fileprivate var reference: String? {
        guard case .object(let members) = self, let text = members["$ref"]?.text else { return nil }
        return text.split(separator: "/").last.map(String.init)
    }
}
