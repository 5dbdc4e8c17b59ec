package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
)

// keeper is what keeps processes running, and so where their variables are
// given to them: those of one keeper are mended together.
type keeper struct {
	unit      string // of systemd
	contained bool
	cluster   bool // the container is one of Kubernetes
}

func (p *process) keeper() keeper {
	k := keeper{unit: p.unit}
	if k.unit == "" && p.contained {
		k.contained, k.cluster = true, p.environ["KUBERNETES_SERVICE_HOST"] != ""
	}
	return k
}

// fixLacks is what gives all processes the variables that they lack, by what
// keeps them running; the first is for the gravest.
func (p *Patient) fixLacks(all []lack) string {
	type group struct {
		keeper keeper
		empty  bool
		file   bool
	}
	var order []group
	of := map[group][]lack{}
	for _, l := range all {
		g := group{l.process.keeper(), l.empty, l.from.file}
		if of[g] == nil {
			order = append(order, g)
		}
		of[g] = append(of[g], l)
	}
	var fixes []string
	for _, g := range order {
		fixes = append(fixes, p.fixLack(g.keeper, of[g]))
	}
	return strings.Join(fixes, "; and ")
}

// fixLack mends processes of one keeper, which all lack or all have empty.
func (p *Patient) fixLack(k keeper, lacks []lack) string {
	var processes []*process
	var names []string
	uvicorn := true
	for _, l := range lacks {
		if !slices.Contains(processes, l.process) {
			processes = append(processes, l.process)
		}
		for _, key := range l.keys {
			if !slices.Contains(names, key) {
				names = append(names, key)
			}
		}
		uvicorn = uvicorn && l.process.command.name == "uvicorn"
	}
	who, keys, first := crowd(processes), strings.Join(names, ", "), lacks[0]
	switch {
	case first.empty && k.unit != "":
		return fmt.Sprintf("for %s: systemctl edit --full %s, remove the empty %s there (Environment=, or its EnvironmentFile=), then: systemctl restart %s", who, k.unit, keys, k.unit)
	case first.empty:
		return fmt.Sprintf("unset %s where %s is started, and restart it", keys, who)
	case !first.from.file:
		return fixByHand(k, who, keys, first.from.origin)
	}
	path, _ := p.o.Config.EnvFile() // the value stands in it, so it is there
	switch {
	case k.unit != "":
		return fmt.Sprintf("for %s: systemctl edit %s, under [Service] write EnvironmentFile=%s (for %s), then: systemctl restart %s", who, k.unit, path, keys, k.unit)
	case k.cluster:
		return fmt.Sprintf("for %s: give its container %s in the deployment (envFrom: secretRef), and roll it out again", who, keys)
	case k.contained:
		return fmt.Sprintf("for %s: write env_file: .env (for %s) under its service in compose.yaml, then: docker compose up -d", who, keys)
	case uvicorn:
		return fmt.Sprintf("restart %s with %s: uvicorn --env-file %s (needs python-dotenv)", who, keys, shellPath(path))
	}
	return fmt.Sprintf("restart %s from a shell that has %s: %s", who, keys, fromFile(p.o.Config, path))
}

// fromFile is how a shell takes over what the .env file says; where no shell
// can read the file, python-dotenv starts the command.
func fromFile(cfg *config.Config, path string) string {
	if line, why := cfg.ShellRefuses(); line > 0 {
		return fmt.Sprintf("python -m dotenv -f %s run -- COMMAND (needs python-dotenv[cli]; a shell does not get past line %d of the file: %s)", shellPath(path), line, why)
	}
	return fmt.Sprintf("set -a; . %s; set +a", shellPath(path))
}

// shellPath writes a path as a POSIX shell takes it.
func shellPath(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@%,", r)
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// fixByHand is the fix where the value stands in no file: it comes from a
// shell, or from another process.
func fixByHand(k keeper, who, keys, origin string) string {
	switch {
	case k.unit != "":
		return fmt.Sprintf("for %s: systemctl edit %s, under [Service] write Environment= with %s as %s has it, then: systemctl restart %s", who, k.unit, keys, origin, k.unit)
	case k.contained:
		return fmt.Sprintf("for %s: write %s under environment: of its service in compose.yaml, as %s has it, then: docker compose up -d", who, keys, origin)
	}
	return fmt.Sprintf("export %s where %s is started, as %s has it, and restart it", keys, who, origin)
}

// fixDiffer is what gives processes of one keeper the value that counts now.
func fixDiffer(k keeper, who, key, origin string) string {
	switch {
	case k.unit != "":
		return fmt.Sprintf("write %s as %s has it in the unit of %s (systemctl edit --full %s), then: systemctl restart %s", key, origin, who, k.unit, k.unit)
	case k.contained:
		return fmt.Sprintf("write %s as %s has it in compose.yaml (environment: or env_file:) for %s, then: docker compose up -d", key, origin, who)
	}
	return fmt.Sprintf("restart %s with %s as %s has it", who, key, origin)
}

// fixAlone takes a value away that processes of one keeper alone have.
func fixAlone(k keeper, who, key, how string) string {
	switch {
	case how != "":
		return fmt.Sprintf("restart %s without the %s of %s", who, key, how)
	case k.unit != "":
		return fmt.Sprintf("systemctl edit --full %s, remove %s there (Environment=, or its EnvironmentFile=), then: systemctl restart %s", k.unit, key, k.unit)
	case k.contained:
		return fmt.Sprintf("remove %s from environment: or env_file: in compose.yaml for %s, then: docker compose up -d", key, who)
	}
	return fmt.Sprintf("unset %s where %s is started, and restart it", key, who)
}

func fixRestart(k keeper, who string) string {
	switch {
	case k.unit != "":
		return "systemctl restart " + k.unit
	case k.contained:
		return fmt.Sprintf("docker compose restart (the service of %s)", who)
	}
	return "restart " + who
}
