package doctor

import (
	"fmt"
	"strings"
)

// fixLack is what gives a process the variables that it lacks, by what keeps
// the process running.
func (p *Patient) fixLack(l lack) string {
	q, keys := l.process, strings.Join(l.keys, ", ")
	switch {
	case l.empty && q.unit != "":
		return fmt.Sprintf("for %s: systemctl edit --full %s, remove the empty %s there (Environment=, or its EnvironmentFile=), then: systemctl restart %s", q, q.unit, keys, q.unit)
	case l.empty:
		return fmt.Sprintf("unset %s where %s is started, and restart it", keys, q)
	case !l.from.file:
		return p.fixByHand(q, keys, l.from.origin)
	}
	path, _ := p.o.Config.EnvFile() // the value stands in it, so it is there
	switch {
	case q.unit != "":
		return fmt.Sprintf("for %s: systemctl edit %s, under [Service] write EnvironmentFile=%s (for %s), then: systemctl restart %s", q, q.unit, path, keys, q.unit)
	case q.contained && q.environ["KUBERNETES_SERVICE_HOST"] != "":
		return fmt.Sprintf("for %s: give its container %s in the deployment (envFrom: secretRef), and roll it out again", q, keys)
	case q.contained:
		return fmt.Sprintf("for %s: write env_file: .env (for %s) under its service in compose.yaml, then: docker compose up -d", q, keys)
	case q.command.name == "uvicorn":
		return fmt.Sprintf("restart %s so that it has %s: uvicorn --env-file %s (needs python-dotenv)", q, keys, path)
	}
	return fmt.Sprintf("restart %s from a shell that has %s: set -a; . %s; set +a", q, keys, path)
}

// fixByHand is the fix where the value stands in no file: it comes from a
// shell, or from another process.
func (p *Patient) fixByHand(q *process, keys, origin string) string {
	switch {
	case q.unit != "":
		return fmt.Sprintf("for %s: systemctl edit %s, under [Service] write Environment= with %s as %s has it, then: systemctl restart %s", q, q.unit, keys, origin, q.unit)
	case q.contained:
		return fmt.Sprintf("for %s: write %s under environment: of its service in compose.yaml, as %s has it, then: docker compose up -d", q, keys, origin)
	}
	return fmt.Sprintf("export %s where %s is started, as %s has it, and restart it", keys, q, origin)
}

// fixDiffer is what gives a process the value that counts now.
func (p *Patient) fixDiffer(q *process, key string, from reference) string {
	switch {
	case q.unit != "":
		return fmt.Sprintf("write %s as %s has it in the unit of %s (systemctl edit --full %s), then: systemctl restart %s", key, from.origin, q, q.unit, q.unit)
	case q.contained:
		return fmt.Sprintf("write %s as %s has it in compose.yaml (environment: or env_file:) for %s, then: docker compose up -d", key, from.origin, q)
	}
	return fmt.Sprintf("restart %s with %s as %s has it", q, key, from.origin)
}

func fixRestart(q *process) string {
	switch {
	case q.unit != "":
		return "systemctl restart " + q.unit
	case q.contained:
		return fmt.Sprintf("docker compose restart (the service of %s)", q)
	}
	return "restart " + q.String()
}
