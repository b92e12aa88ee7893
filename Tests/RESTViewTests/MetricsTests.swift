import Foundation
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct MetricsTests {
    /// Reads what Prometheus would, by its own parser, as `name{label="value"} value` in order.
    private static func samples(_ text: String) async throws -> [String] {
        let python = try await PythonPackage.python("prometheus-client==0.24.1", module: "prometheus_client")
        let folder = try TemporaryFolder()
        let file = folder.path("metrics")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let script = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families
            for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()):
                assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
                for sample in family.samples:
                    assert sample.name.startswith("tfjob_admin_"), sample
                    labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                    print(f"{sample.name}{{{labels}}} {sample.value:g}")
            """
        return try await run([python, "-c", script, file], in: folder.url.path).split(separator: "\n").map(String.init)
    }

    @Test
    func `Prometheus' own parser reads the metrics, and they say what is`() async throws {
        try await RESTScene.serve { scene in
            var status = ServiceStatus(
                repositoryURL: "https://bot:hunter2@git.example.org/jobs.git",
                branch: "main",
                clusters: [
                    .init(id: "default", backend: "local"), .init(id: "prod", backend: "kubernetes", reachable: false),
                ]
            )
            status.lastFetch = RESTScene.start
            status.repositoryError = "hunter3"
            try await scene.journal.recordStatus(status)
            try await scene.add("secret-job", .running, at: 1)
            try await scene.add("other-job", .failed, at: 2)
            try await scene.push(RESTScene.key("waits"), RESTScene.file(), at: 3)
            try await scene.push(RESTScene.key("broken"), "{", at: 4)
            for path in [
                "\(RESTScene.list)/secret-job", "\(RESTScene.list)/absent", "\(RESTScene.list)/NO", "/nothing/hunter4",
            ] {
                _ = try await scene.request(path)
            }
            let answer = try await scene.request("/metrics")
            #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for hidden in ["hunter", "secret-job", "other-job", "team-a", "git.example.org", "ann@"] {
                #expect(!answer.text.contains(hidden), "\(hidden)")
            }
            let samples = try await Self.samples(answer.text)
            let job = "/api/v1alpha1/clusters/{cid}/partitions/{partition}/tfjobs/{id}"
            for expected in [
                "tfjob_admin_build_info{commit=abc,libgit2=1.5.1,swift=6.3,version=1.2.3} 1",
                "tfjob_admin_repository_up{} 0", "tfjob_admin_last_fetch_timestamp_seconds{} 1.76723e+09",
                "tfjob_admin_cluster_up{backend=local,cluster=default} 1",
                "tfjob_admin_cluster_up{backend=kubernetes,cluster=prod} 0",
                "tfjob_admin_jobs{cluster=default,phase=running} 1", "tfjob_admin_jobs{cluster=default,phase=failed} 1",
                "tfjob_admin_jobs{cluster=default,phase=held} 1", "tfjob_admin_jobs{cluster=prod,phase=running} 0",
                "tfjob_admin_jobs_pending{} 1", "tfjob_admin_jobs_held{} 1", "tfjob_admin_open_streams{} 0",
                "tfjob_admin_actions_total{kind=create,result=done} 2", "tfjob_admin_uptime_seconds{} 0",
                "tfjob_admin_http_requests_total{method=GET,route=\(job),status=200} 1",
                "tfjob_admin_http_requests_total{method=GET,route=\(job),status=404} 1",
                "tfjob_admin_http_requests_total{method=GET,route=other,status=404} 2",
                "tfjob_admin_http_request_duration_seconds_count{route=\(job)} 2",
                "tfjob_admin_http_request_duration_seconds_bucket{le=+Inf,route=\(job)} 2",
            ] {
                #expect(samples.contains(expected), "\(expected) is not in\n\(samples.joined(separator: "\n"))")
            }
        }
    }

    @Test
    func `before the first look they are read as well, and of the repository nothing is said`() async throws {
        try await RESTScene.serve { scene in
            let samples = try await Self.samples(try await scene.request("/metrics").text)
            #expect(samples.contains("tfjob_admin_jobs_pending{} 0"))
            #expect(!samples.contains { $0.contains("repository_up") })
        }
    }
}
