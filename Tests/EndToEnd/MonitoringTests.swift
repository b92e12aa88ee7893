import Foundation
import TestSupport
import Testing

/// `examples/monitoring` beside a real service.
@Suite(.timeLimit(.minutes(hangLimit)))
struct MonitoringTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples/monitoring").path

    /// The metrics as lines, with `name{label="value"}` before the value.
    private func metrics(_ service: ServiceProcess, _ authority: CertificateAuthority) async throws -> [String: Double]
    {
        let url = service.url.absoluteString + "metrics"
        let text = try await run(["curl", "--silent", "--fail", "--cacert", authority.certificate, url], in: "/")
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            lines.compactMap { line in
                let parts = line.split(separator: " ")
                return Double(parts[parts.count - 1]).map { (parts.dropLast().joined(separator: " "), $0) }
            }
        ) { first, _ in first }
    }

    private func expiry(_ certificate: String) async throws -> Double {
        let script = "date --date \"$(openssl x509 -in \"$0\" -noout -enddate | cut -d = -f 2)\" +%s"
        let text = try await run(["bash", "-c", script, certificate], in: "/")
        return try #require(Double(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private func write(_ text: String, _ name: String, in scene: Scene) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.folder.path(name)))
        return scene.folder.path(name)
    }

    @Test
    func `what an alert needs is measured: runs, fetches, passes, reloads, webhooks, certificates, the process`()
        async throws
    {
        let scene = try await Scene()
        try await GitHTTPServer.serving(scene.folder.url.path, in: scene.folder) { server in
            let own = try await CertificateAuthority(in: scene.folder, name: "own")
            let settings = """
                repository:
                  interval: 300ms
                  caFile: \(server.authority.certificate)
                  userFile: \(try write(GitHTTPServer.user, "user", in: scene))
                  tokenFile: \(try write(GitHTTPServer.password, "token", in: scene))
                tls: {certificateFile: \(own.server), keyFile: \(own.key)}
                webhooks: {secretFile: \(try write("s3cret", "secret", in: scene))}
                metrics: {partitions: true}

                """
            let config = try write(settings, "config.yaml", in: scene)
            let begin = Date()
            let service = try await ServiceProcess(
                repository: "https://127.0.0.1:\(server.port)/private/jobs.git",
                in: scene.folder,
                extra: ["--config", config]
            )
            try scene.repository.write(scene.job("exit", "0").text, to: scene.path("good"))
            try scene.repository.write(scene.job("exit", "3").text, to: scene.path("bad"))
            try scene.repository.write(scene.job("run").text, to: scene.path("long"))
            try await scene.repository.publish()
            try await eventually("two runs have ended, and one runs") {
                let metrics = try await self.metrics(service, own)
                return metrics[#"tfjob_admin_jobs{cluster="default",phase="succeeded"}"#] == 1
                    && metrics[#"tfjob_admin_jobs{cluster="default",phase="failed"}"#] == 1
                    && metrics[#"tfjob_admin_jobs{cluster="default",phase="running"}"#] == 1
            }
            try scene.repository.remove(scene.path("long"))
            try await scene.repository.publish()
            let webhook = ["curl", "--silent", "--cacert", own.certificate, "--data", "{}"]
            let address = service.url.absoluteString + "api/webhooks/"
            try await run(webhook + ["--header", "X-Gitlab-Token: s3cret", address + "gitlab"], in: "/")
            try await run(webhook + [address + "github"], in: "/")
            _ = try write(settings + "unknown: 1\n", "config.yaml", in: scene)
            kill(service.pid, SIGHUP)
            try await eventually("all of it is measured") {
                let metrics = try await self.metrics(service, own)
                return metrics[#"tfjob_admin_runs_total{cluster="default",result="stopped"}"#] == 1
                    && metrics["tfjob_admin_last_reload_successful"] == 0
                    && metrics[#"tfjob_admin_certificate_expiry_timestamp_seconds{certificate="repository"}"#] != nil
            }
            let measured = try await metrics(service, own)
            for (name, value) in [
                #"tfjob_admin_runs_total{cluster="default",result="succeeded"}"#: 1,
                #"tfjob_admin_runs_total{cluster="default",result="failed"}"#: 1,
                #"tfjob_admin_run_duration_seconds_count{cluster="default"}"#: 3,
                #"tfjob_admin_queue_wait_seconds_count{cluster="default"}"#: 3,
                #"tfjob_admin_webhooks_total{forge="gitlab",result="accepted"}"#: 1,
                #"tfjob_admin_webhooks_total{forge="github",result="refused"}"#: 1,
                #"tfjob_admin_partition_jobs{cluster="default",partition="team-a",phase="succeeded"}"#: 1,
                #"tfjob_admin_certificate_expiry_timestamp_seconds{certificate="service"}"#:
                    try await expiry(own.server),
                #"tfjob_admin_certificate_expiry_timestamp_seconds{certificate="repository"}"#:
                    try await expiry(server.authority.server),
            ] {
                #expect(measured[name] == value, "\(name): \(measured[name] ?? -1)")
            }
            for name in [
                "tfjob_admin_fetch_duration_seconds_count", "tfjob_admin_reconcile_duration_seconds_count",
                "tfjob_admin_process_cpu_seconds_total", "tfjob_admin_process_resident_memory_bytes",
                "tfjob_admin_process_open_fds", "tfjob_admin_process_max_fds",
            ] {
                #expect(measured[name] ?? 0 > 0, "\(name)")
            }
            let start = try #require(measured["tfjob_admin_process_start_time_seconds"])
            #expect(abs(start - begin.timeIntervalSince1970) < 5)
            let lint = "curl --silent --cacert \"$0\" \"$1\" | promtool check metrics"
            let url = service.url.absoluteString + "metrics"
            let said = try await run(["bash", "-o", "pipefail", "-c", lint, own.certificate, url], in: "/")
            #expect(said == "")
            _ = try write("wrong", "token", in: scene)
            try await eventually("a failed fetch is counted by its reason") {
                let failures = try await self.metrics(service, own)[
                    #"tfjob_admin_fetch_failures_total{reason="unauthorized"}"#
                ]
                return failures ?? 0 > 0
            }
            try await service.stop()
        }
    }

    @Test
    func `Prometheus accepts the alert rules, and each fires when it should and not otherwise`() async throws {
        try await run(["promtool", "check", "rules", "alerts.yaml"], in: Self.folder)
        try await run(["promtool", "test", "rules", "alerts_test.yaml"], in: Self.folder)
        let rules = try String(contentsOfFile: "\(Self.folder)/alerts.yaml", encoding: .utf8)
        let tests = try String(contentsOfFile: "\(Self.folder)/alerts_test.yaml", encoding: .utf8)
        for alert in rules.matches(of: /alert: (\w+)/).map(\.1) {
            #expect(tests.contains("\(alert)"), "\(alert) has no test")
        }
    }

    @Test
    func `rules and dashboard use only metrics that the service has`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let known = try await firstValue("the repository was read") { () -> Set<String>? in
            let text = try await service.request("/metrics").text
            let families = Set(text.matches(of: /# TYPE (\w+)/).map { String($0.1) })
            return families.contains("tfjob_admin_repository_up") ? families : nil
        }
        // With a provider only.
        let others: Set = ["tfjob_admin_identity_provider_up"]
        for file in ["alerts.yaml", "dashboard.json"] {
            let text = try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
            for name in Set(text.matches(of: /tfjob_admin_\w+/).map { String($0.0) }) {
                let family = name.replacing(/_(bucket|count|sum)$/, with: "")
                #expect(known.contains(family) || others.contains(name), "\(file): \(name)")
            }
        }
        let dashboard = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/dashboard.json"))
        #expect(try JSON(dashboard).panels.elements.count > 10)
        try await service.stop()
    }
}
